/* Stock OpenSC's PKCS#11 module, loaded as an application loads it. */
#pragma once

#include <p11-kit/pkcs11.h>

#include "base/bytes.h"

struct p11 {
    CK_FUNCTION_LIST *f;
    void *library;
};

struct p11_key {
    const struct p11 *p11;
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;
    CK_MECHANISM_TYPE mechanism;
};

/* False when OpenSC is not installed. */
bool p11_open(struct p11 *p11);
void p11_close(struct p11 *p11);
/* A session with the token in the reader of that name, logged in with the customary PIN. */
CK_SESSION_HANDLE p11_log_in(const struct p11 *p11, const char *reader);
/* Makes a key in the token: P-256, which signs with CKM_ECDSA, or RSA-2048 with CKM_RSA_PKCS. */
struct p11_key p11_make_p256(const struct p11 *p11, CK_SESSION_HANDLE session);
struct p11_key p11_make_rsa2048(const struct p11 *p11, CK_SESSION_HANDLE session);
/* An operation (bench.h): C_SignInit and C_Sign over 32 bytes; the context is the p11_key. */
void p11_sign(void *key);
