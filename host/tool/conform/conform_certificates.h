/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and keys for the computed conversations (conform_talk.h): the certificates of the
 * card, and keys that the card made and vouches for, but whose private halves we have too, because
 * they left it as blobs under a secret that we know. So one card plays every role, whatever make it
 * is: the device that is opened, the custodians' devices, the signer of a group. */
#pragma once

#include "formats/cvc.h"
#include "host/tool/conform/conform_talk.h"

#define TALK_KEYS    4
#define TALK_P384    3 /* the index of the key that is not on brainpoolP256r1 */
#define TALK_POINT   (1 + 2 * 32)
#define TALK_SIG_MAX (2 * CURVE_FIELD_MAX)

/* A key of the card whose private half we have, too. */
struct talk_key {
    bool known;
    struct key_spec spec;
    struct span name;    /* the holder (CHR) in its request */
    struct span request; /* contents of tag 67 */
    struct span point;
    uint8_t request_bytes[1024], material[256];
    size_t material_size;
};

struct talk_certificates {
    uint8_t chain_bytes[CLIENT_FILE_MAX + 1];
    struct span device, issuer; /* contents of tag 7F21; empty: they could not be read */
    struct cvc device_read, issuer_read;
    struct talk_key key[TALK_KEYS];
};
void talk_certificates_wipe(struct talk_certificates *papers);

/* Stop the conversation when the card's certificates, or the keys, are not available. */
void talk_needs_device(struct talk *t);
void talk_needs_keys(struct talk *t);

/* Six steps that make the card trust its own device, from the device's root on. */
#define TALK_INTRODUCTION 6
void talk_introduce(struct talk *t);
/* A step: MANAGE SECURITY ENVIRONMENT with a name in DO 83, of an issuer (p1p2 81B6) or of a
 * custodian (81A4). */
void talk_choose(struct talk *t, uint16_t p1p2, struct span name, const char *expected);

/* A step: GENERATE of a key on this curve. list: its algorithms, in hexadecimal, or NULL; domain:
 * -1 for none. The answer is the key's request. */
void talk_generate(struct talk *t, uint8_t id, const char *curve, const char *list, int domain,
                   const char *expected);
/* Reads a request from the answer to GENERATE; false when it is none. The results are borrowed from
 * `whole`. */
bool talk_read_request(struct span whole, struct span *out_contents, struct cvc_request *out);

/* Appends a signature by one of the keys, plain: r || s. */
void talk_sign(struct talk *t, const struct talk_key *key, struct span message, struct writer *out);
/* Whether the card's signature is one of this text, by the key of the request. */
bool talk_verifies(const struct cvc *request, const char *message, struct span der);
