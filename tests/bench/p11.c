/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/p11.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/tlv.h"
#include "crypto/hash.h"
#include "tests/bench/bench.h"

#define SO_PIN "35373632"

static void check(CK_RV result, const char *what)
{
    if (result != CKR_OK)
        fprintf(stderr, "%s: %08lX\n", what, result);
    bench_require(result == CKR_OK, what);
}

/* --- The module --- */

bool p11_open(struct p11 *p11, const char *module)
{
    p11->library = dlopen(module, RTLD_NOW);
    if (!p11->library)
        return false;
    CK_C_GetFunctionList get;
    void *symbol = dlsym(p11->library, "C_GetFunctionList");
    memcpy(&get, &symbol, sizeof get); /* the one way from an object to a function pointer */
    check(get(&p11->f), "C_GetFunctionList");
    p11_initialize(p11);
    return true;
}

void p11_close(struct p11 *p11)
{
    p11_finalize(p11);
    dlclose(p11->library);
}

void p11_initialize(const struct p11 *p11)
{
    check(p11->f->C_Initialize(NULL), "C_Initialize");
}

void p11_finalize(const struct p11 *p11)
{
    check(p11->f->C_Finalize(NULL), "C_Finalize");
}

/* --- Slots and sessions --- */

static bool is_described(const struct p11 *p11, CK_SLOT_ID slot, const char *description)
{
    CK_SLOT_INFO info;
    check(p11->f->C_GetSlotInfo(slot, &info), "C_GetSlotInfo");
    return strncmp((const char *)info.slotDescription, description, strlen(description)) == 0;
}

CK_SLOT_ID p11_find_slot(const struct p11 *p11, const char *description)
{
    CK_SLOT_ID slots[32];
    CK_ULONG count = COUNT_OF(slots);
    check(p11->f->C_GetSlotList(CK_TRUE, slots, &count), "C_GetSlotList");
    for (CK_ULONG i = 0; i < count; i++)
        if (is_described(p11, slots[i], description))
            return slots[i];
    bench_require(false, "finding the token");
    return 0;
}

static CK_SESSION_HANDLE open_session(const struct p11 *p11, CK_SLOT_ID slot)
{
    CK_SESSION_HANDLE session;
    CK_FLAGS flags = CKF_SERIAL_SESSION | CKF_RW_SESSION;
    check(p11->f->C_OpenSession(slot, flags, NULL, NULL, &session), "C_OpenSession");
    return session;
}

static void present(const struct p11 *p11, CK_SESSION_HANDLE session, CK_USER_TYPE who,
                    const char *pin)
{
    check(p11->f->C_Login(session, who, (CK_UTF8CHAR *)(uintptr_t)pin, strlen(pin)), "C_Login");
}

void p11_init_token(const struct p11 *p11, CK_SLOT_ID slot)
{
    CK_UTF8CHAR label[32], so_pin[] = SO_PIN, pin[] = P11_PIN;
    memset(label, ' ', sizeof label);
    check(p11->f->C_InitToken(slot, so_pin, strlen(SO_PIN), label), "C_InitToken");
    CK_SESSION_HANDLE session = open_session(p11, slot);
    present(p11, session, CKU_SO, SO_PIN);
    check(p11->f->C_InitPIN(session, pin, strlen(P11_PIN)), "C_InitPIN");
    check(p11->f->C_Logout(session), "C_Logout");
    check(p11->f->C_CloseSession(session), "C_CloseSession");
}

CK_SESSION_HANDLE p11_log_in(const struct p11 *p11, const char *description)
{
    CK_SESSION_HANDLE session = open_session(p11, p11_find_slot(p11, description));
    present(p11, session, CKU_USER, P11_PIN);
    return session;
}

static bool is_private_key(const struct p11 *p11, CK_SESSION_HANDLE session,
                           CK_OBJECT_HANDLE object)
{
    CK_OBJECT_CLASS kind = 0;
    CK_ATTRIBUTE attribute = { CKA_CLASS, &kind, sizeof kind };
    check(p11->f->C_GetAttributeValue(session, object, &attribute, 1), "C_GetAttributeValue");
    return kind == CKO_PRIVATE_KEY;
}

size_t p11_count_keys(const struct p11 *p11, CK_SESSION_HANDLE session)
{
    CK_OBJECT_HANDLE object;
    CK_ULONG found = 1;
    size_t count = 0;
    check(p11->f->C_FindObjectsInit(session, NULL, 0), "C_FindObjectsInit");
    while (found) {
        check(p11->f->C_FindObjects(session, &object, 1, &found), "C_FindObjects");
        count += found && is_private_key(p11, session, object);
    }
    check(p11->f->C_FindObjectsFinal(session), "C_FindObjectsFinal");
    return count;
}

/* --- Keys --- */

static CK_OBJECT_HANDLE generate(struct p11_key *key, CK_MECHANISM_TYPE generation,
                                 CK_ATTRIBUTE kind, CK_BYTE id)
{
    CK_BBOOL yes = CK_TRUE, derives = key->mechanism == CKM_ECDSA;
    CK_MECHANISM mechanism = { generation, NULL, 0 };
    CK_ATTRIBUTE verifying[] = { { CKA_TOKEN, &yes, sizeof yes },
                                 { CKA_VERIFY, &yes, sizeof yes },
                                 { CKA_ID, &id, sizeof id },
                                 kind };
    CK_ATTRIBUTE signing[] = { { CKA_TOKEN, &yes, sizeof yes },
                               { CKA_PRIVATE, &yes, sizeof yes },
                               { CKA_SIGN, &yes, sizeof yes },
                               { CKA_DERIVE, &derives, sizeof derives },
                               { CKA_ID, &id, sizeof id } };
    CK_OBJECT_HANDLE public_key;
    check(key->p11->f->C_GenerateKeyPair(key->session, &mechanism, verifying, COUNT_OF(verifying),
                                         signing, COUNT_OF(signing), &public_key, &key->key),
          "C_GenerateKeyPair");
    return public_key;
}

/* PKCS#11 gives the point as a DER OCTET STRING; OpenSC wants its peer's without that frame. */
static void remember_point(struct p11_key *key, CK_OBJECT_HANDLE public_key)
{
    CK_BYTE framed[4 + CURVE_POINT_MAX];
    CK_ATTRIBUTE attribute = { CKA_EC_POINT, framed, sizeof framed };
    check(key->p11->f->C_GetAttributeValue(key->session, public_key, &attribute, 1),
          "CKA_EC_POINT");
    struct reader in = reader_of(span_of(framed, attribute.ulValueLen));
    struct writer point = WRITER_OF(key->point);
    write_span(&point, tlv_expect(&in, 0x04));
    bench_require(read_finished(&in) && !point.full, "a peer's point");
    key->point_size = point.size;
}

static void make_ec(struct p11_key *key, const struct curve *curve, CK_BYTE id)
{
    uint8_t oid[32];
    struct writer parameters = WRITER_OF(oid);
    size_t field = curve_field_size(curve);
    tlv_write(&parameters, 0x06, curve->oid);
    key->mechanism = CKM_ECDSA;
    key->input_size = field < SHA256_SIZE ? field : SHA256_SIZE;
    remember_point(key, generate(key, CKM_EC_KEY_PAIR_GEN,
                                 (CK_ATTRIBUTE){ CKA_EC_PARAMS, oid, parameters.size }, id));
}

static void make_rsa(struct p11_key *key, CK_ULONG bits, CK_BYTE id)
{
    key->mechanism = CKM_RSA_PKCS;
    key->input_size = SHA256_SIZE;
    generate(key, CKM_RSA_PKCS_KEY_PAIR_GEN, (CK_ATTRIBUTE){ CKA_MODULUS_BITS, &bits, sizeof bits },
             id);
}

struct p11_key p11_make(const struct p11 *p11, CK_SESSION_HANDLE session,
                        const struct key_sort *sort, CK_BYTE id)
{
    struct p11_key key = { .p11 = p11, .session = session };
    if (sort->curve)
        make_ec(&key, sort->curve, id);
    else
        make_rsa(&key, sort->bits, id);
    return key;
}

/* --- Operations --- */

void p11_sign(void *context)
{
    struct p11_key *key = context;
    CK_MECHANISM mechanism = { key->mechanism, NULL, 0 };
    CK_BYTE hash[SHA256_SIZE], signature[RAW_RESULT_MAX];
    CK_ULONG size = sizeof signature;
    memset(hash, 0x5A, sizeof hash);
    check(key->p11->f->C_SignInit(key->session, &mechanism, key->key), "C_SignInit");
    check(key->p11->f->C_Sign(key->session, hash, key->input_size, signature, &size), "C_Sign");
}

void p11_agree(void *context)
{
    struct p11_key *key = context;
    CK_ECDH1_DERIVE_PARAMS peer = { .kdf = CKD_NULL,
                                    .ulPublicDataLen = key->point_size,
                                    .pPublicData = key->point };
    CK_MECHANISM mechanism = { CKM_ECDH1_DERIVE, &peer, sizeof peer };
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_OBJECT_CLASS kind = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_GENERIC_SECRET;
    CK_ATTRIBUTE wanted[] = { { CKA_TOKEN, &no, sizeof no },
                              { CKA_CLASS, &kind, sizeof kind },
                              { CKA_KEY_TYPE, &type, sizeof type },
                              { CKA_SENSITIVE, &no, sizeof no },
                              { CKA_EXTRACTABLE, &yes, sizeof yes } };
    CK_OBJECT_HANDLE secret;
    check(key->p11->f->C_DeriveKey(key->session, &mechanism, key->key, wanted, COUNT_OF(wanted),
                                   &secret),
          "C_DeriveKey");
    check(key->p11->f->C_DestroyObject(key->session, secret), "C_DestroyObject");
}
