/* SPDX-License-Identifier: Apache-2.0 */
/* Every sort of key that stock hosts make and use: the Weierstrass curves, RSA to 4096 bits. */
#pragma once

#include "crypto/curves.h"
#include "tests/bench/raw_key.h"

#define KEY_SORTS_MAX 32

struct key_sort {
    char name[24];
    const struct curve *curve; /* NULL: RSA */
    size_t bits;
};

/* How many there are. */
size_t key_sorts(struct key_sort out[KEY_SORTS_MAX]);
/* Its place among them. */
uint8_t key_sort_index(const struct key_sort *sort);
struct key_sort key_sort_on(const char *curve);
struct key_sort key_sort_rsa(size_t bits);

/* The bare library's key of that sort; raw_key_free() it. */
struct raw_key key_sort_raw(const struct key_sort *sort);

/* Commands to the card, appended. GENERATE ASYMMETRIC KEY PAIR: */
void write_generate(struct writer *out, uint8_t id, const struct key_sort *sort);
/* SIGN, raw, over as many bytes as the bare key signs: */
void write_sign(struct writer *out, uint8_t id, const struct key_sort *sort);
/* DECIPHER as agreement, with the curve's generator as the peer: */
void write_agree(struct writer *out, uint8_t id, const struct key_sort *sort);
