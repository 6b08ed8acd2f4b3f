/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON files of Wycheproof, copied to tests/vectors/wycheproof. What is wrong with one fails
 * the running test. */
#pragma once

#include <jansson.h>

#include "crypto/crypto.h"

/* Calls use for every test of every group of the file; returns how many there were. */
typedef void wycheproof_use(void *context, json_t *group, json_t *test);
size_t wycheproof_each(const char *file, wycheproof_use *use, void *context);

/* The field's text; the test fails if there is none. */
const char *wycheproof_text(json_t *object, const char *field);
/* The field's hexadecimal text as bytes, put into storage. */
struct span wycheproof_bytes(json_t *object, const char *field, struct writer *storage);

/* A group's RSA key: what it is, and its material. Groups say keySize, privateKey and
 * privateKeyPkcs8. */
void wycheproof_rsa_key(json_t *group, struct key_spec *out_spec, struct writer *out_material);
