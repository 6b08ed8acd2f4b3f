#include "tests/bench/p11.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bench.h"

#define MODULE "opensc-pkcs11.so"
#define PIN    "648219"

static void check(CK_RV result, const char *what)
{
    if (result != CKR_OK)
        fprintf(stderr, "%s: %08lX\n", what, result);
    bench_require(result == CKR_OK, what);
}

bool p11_open(struct p11 *p11)
{
    p11->library = dlopen(MODULE, RTLD_NOW);
    if (!p11->library)
        return false;
    CK_C_GetFunctionList get;
    void *symbol = dlsym(p11->library, "C_GetFunctionList");
    memcpy(&get, &symbol, sizeof get); /* the one way from an object to a function pointer */
    check(get(&p11->f), "C_GetFunctionList");
    check(p11->f->C_Initialize(NULL), "C_Initialize");
    return true;
}

void p11_close(struct p11 *p11)
{
    p11->f->C_Finalize(NULL);
    dlclose(p11->library);
}

static bool is_in_reader(const struct p11 *p11, CK_SLOT_ID slot, const char *reader)
{
    CK_SLOT_INFO info;
    check(p11->f->C_GetSlotInfo(slot, &info), "C_GetSlotInfo");
    return strncmp((const char *)info.slotDescription, reader, strlen(reader)) == 0;
}

static CK_SLOT_ID find_slot(const struct p11 *p11, const char *reader)
{
    CK_SLOT_ID slots[32];
    CK_ULONG count = COUNT_OF(slots);
    check(p11->f->C_GetSlotList(CK_TRUE, slots, &count), "C_GetSlotList");
    for (CK_ULONG i = 0; i < count; i++)
        if (is_in_reader(p11, slots[i], reader))
            return slots[i];
    bench_require(false, "finding the token in its reader");
    return 0;
}

CK_SESSION_HANDLE p11_log_in(const struct p11 *p11, const char *reader)
{
    CK_SESSION_HANDLE session;
    CK_SLOT_ID slot = find_slot(p11, reader);
    check(p11->f->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session),
          "C_OpenSession");
    CK_RV result = p11->f->C_Login(session, CKU_USER, (CK_UTF8CHAR *)PIN, strlen(PIN));
    check(result, "C_Login");
    return session;
}

static struct p11_key make_key(const struct p11 *p11, CK_SESSION_HANDLE session,
                               CK_MECHANISM_TYPE generation, CK_MECHANISM_TYPE signature,
                               CK_ATTRIBUTE kind, CK_BYTE id)
{
    CK_BBOOL yes = CK_TRUE;
    CK_MECHANISM mechanism = { generation, NULL, 0 };
    CK_ATTRIBUTE public[] = { { CKA_TOKEN, &yes, sizeof yes },
                              { CKA_VERIFY, &yes, sizeof yes },
                              { CKA_ID, &id, sizeof id },
                              kind };
    CK_ATTRIBUTE private[] = { { CKA_TOKEN, &yes, sizeof yes },
                               { CKA_PRIVATE, &yes, sizeof yes },
                               { CKA_SIGN, &yes, sizeof yes },
                               { CKA_ID, &id, sizeof id } };
    struct p11_key key = { .p11 = p11, .session = session, .mechanism = signature };
    CK_OBJECT_HANDLE public_key;
    check(p11->f->C_GenerateKeyPair(session, &mechanism, public, COUNT_OF(public), private,
                                    COUNT_OF(private), &public_key, &key.key),
          "C_GenerateKeyPair");
    return key;
}

struct p11_key p11_make_p256(const struct p11 *p11, CK_SESSION_HANDLE session)
{
    CK_BYTE p256[] = { 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07 };
    return make_key(p11, session, CKM_EC_KEY_PAIR_GEN, CKM_ECDSA,
                    (CK_ATTRIBUTE){ CKA_EC_PARAMS, p256, sizeof p256 }, 1);
}

struct p11_key p11_make_rsa2048(const struct p11 *p11, CK_SESSION_HANDLE session)
{
    CK_ULONG bits = 2048;
    return make_key(p11, session, CKM_RSA_PKCS_KEY_PAIR_GEN, CKM_RSA_PKCS,
                    (CK_ATTRIBUTE){ CKA_MODULUS_BITS, &bits, sizeof bits }, 2);
}

void p11_sign(void *context)
{
    struct p11_key *key = context;
    CK_MECHANISM mechanism = { key->mechanism, NULL, 0 };
    CK_BYTE hash[32], signature[512];
    CK_ULONG size = sizeof signature;
    memset(hash, 0x5A, sizeof hash);
    check(key->p11->f->C_SignInit(key->session, &mechanism, key->key), "C_SignInit");
    check(key->p11->f->C_Sign(key->session, hash, sizeof hash, signature, &size), "C_Sign");
}
