/* SPDX-License-Identifier: Apache-2.0 */
/* A PKCS#11 module, loaded as an application loads it. */
#pragma once

#include <p11-kit/pkcs11.h>

#include "tests/bench/key_sort.h"

#define P11_OPENSC  "opensc-pkcs11.so"
#define P11_SOFTHSM "/usr/lib/softhsm/libsofthsm2.so"
#define P11_PIN     "648219"

struct p11 {
    CK_FUNCTION_LIST *f;
    void *library;
};

struct p11_key {
    const struct p11 *p11;
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;
    CK_MECHANISM_TYPE mechanism;
    CK_ULONG input_size;
    CK_BYTE point[CURVE_POINT_MAX]; /* a peer for agreements: the key's own */
    CK_ULONG point_size;
};

/* False when it is not installed. Otherwise initialised. */
bool p11_open(struct p11 *p11, const char *module);
void p11_close(struct p11 *p11);
/* C_Finalize and C_Initialize, which p11_open() and p11_close() do as well. */
void p11_finalize(const struct p11 *p11);
void p11_initialize(const struct p11 *p11);

/* The slot with a token whose description begins so. */
CK_SLOT_ID p11_find_slot(const struct p11 *p11, const char *description);
/* Gives an empty token of SoftHSM its PINs. */
void p11_init_token(const struct p11 *p11, CK_SLOT_ID slot);
/* A session with that token, logged in with the customary PIN. */
CK_SESSION_HANDLE p11_log_in(const struct p11 *p11, const char *description);
/* Walks over all objects of the session; how many private keys there are. */
size_t p11_count_keys(const struct p11 *p11, CK_SESSION_HANDLE session);

/* Makes a key pair in the token: EC signs with CKM_ECDSA, RSA with CKM_RSA_PKCS. */
struct p11_key p11_make(const struct p11 *p11, CK_SESSION_HANDLE session,
                        const struct key_sort *sort, CK_BYTE id);

/* Operations (bench.h); the context is the p11_key. */
void p11_sign(void *key);
/* C_DeriveKey, and C_DestroyObject of what it gave. */
void p11_agree(void *key);
