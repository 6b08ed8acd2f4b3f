/* SPDX-License-Identifier: Apache-2.0 */
/* Errors and memory of OpenSSL. */
#include "crypto/ossl.h"

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "base/secret.h"

/* --- Errors --- */

/* Whether an allocation of OpenSSL has failed in this thread since ossl_begin(). Our allocation
 * hooks record it, because some calls of the library leave nothing about it in the error queue
 * (ECDSA in 3.5 does not). */
static _Thread_local bool memory_refused;

/* The oldest error in the queue is the cause; later ones are added on the way up the calls. */
static bool out_of_memory(void)
{
    return memory_refused || ERR_GET_REASON(ERR_peek_error()) == ERR_R_MALLOC_FAILURE;
}

int ossl_failure_note(const char *file, int line, const char *what)
{
    unsigned long error = ERR_peek_error();
    const char *reason = ERR_reason_error_string(error);
    /* Constructors that get no memory leave no reason in the queue; other failures do. */
    int kind = failure_note(error == 0 || out_of_memory() ? FAULT_MEMORY : FAULT_LIBRARY, file,
                            line, "%s: %s", what, reason ? reason : "no reason given");
    ossl_begin();
    return kind;
}

void ossl_begin(void)
{
    memory_refused = false;
    ERR_clear_error();
}

int ossl_refusal_note(const char *file, int line, int answer, const char *what)
{
    if (out_of_memory())
        return ossl_failure_note(file, line, what);
    ERR_clear_error();
    return answer;
}

/* --- Memory --- */

static void *noted(void *block)
{
    memory_refused |= !block;
    return block;
}

/* Size 0 gives NULL, as OpenSSL's own heap does. */
static void *hook_alloc(size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return size ? noted(secret_alloc(size)) : NULL;
}

static void *hook_realloc(void *old, size_t size, const char *file, int line)
{
    (void)file, (void)line;
    if (size)
        return noted(secret_realloc(old, size));
    secret_free(old);
    return NULL;
}

static void hook_free(void *block, const char *file, int line)
{
    (void)file, (void)line;
    secret_free(block);
}

int ossl_use_secret_heap(void)
{
    if (CRYPTO_set_mem_functions(hook_alloc, hook_realloc, hook_free) != 1)
        return failure(FAULT_LIBRARY, "OpenSSL has allocated memory before its heap was set");
    return 0;
}

/* --- Numbers --- */

struct span without_leading_zeros(struct span bytes)
{
    while (bytes.size && *bytes.at == 0)
        bytes = span_part(bytes, 1, bytes.size);
    return bytes;
}
