/* What computed conversations work with: the certificates of the card, and keys of which it vouches
 * that it made them, and whose private halves are here, since they left it as blobs under a secret
 * that we know. So one card is everybody: the device to be opened, the custodians' devices, the
 * signer of a group; and it believes itself, of whatever make it is. */
#pragma once

#include "formats/cvc.h"
#include "host/tool/conform/conform_talk.h"

#define TALK_KEYS    4
#define TALK_P384    3 /* the one that is not on brainpoolP256r1 */
#define TALK_POINT   (1 + 2 * 32)
#define TALK_SIG_MAX (2 * CURVE_FIELD_MAX)

/* A key of the card that is ours as well. */
struct talk_key {
    bool known;
    struct key_spec spec;
    struct span name;    /* CHR of its request */
    struct span request; /* contents of 67 */
    struct span point;
    uint8_t request_bytes[1024], material[256];
    size_t material_size;
};

struct talk_certificates {
    uint8_t chain_bytes[CLIENT_FILE_MAX + 1];
    struct span device, issuer; /* contents of 7F21; empty: not understood */
    struct cvc device_read, issuer_read;
    struct talk_key key[TALK_KEYS];
};
void talk_certificates_wipe(struct talk_certificates *papers);

/* Ends what cannot go on without the card's certificates, or without the keys. */
void talk_needs_device(struct talk *t);
void talk_needs_keys(struct talk *t);

/* Steps that lead the card from the root of its own device to the device: six. */
#define TALK_INTRODUCTION 6
void talk_introduce(struct talk *t);
/* MANAGE SE with a name in DO 83: of an issuer (81B6), or of a custodian (81A4). */
void talk_choose(struct talk *t, uint16_t p1p2, struct span name, const char *expected);

/* GENERATE of a key on this curve; list: its algorithms, in hexadecimal, or NULL; domain: -1 for
 * none. The answer is its request. */
void talk_generate(struct talk *t, uint8_t id, const char *curve, const char *list, int domain,
                   const char *expected);
/* Reads such an answer; false when it is none. Borrowed from the whole. */
bool talk_read_request(struct span whole, struct span *out_contents, struct cvc_request *out);

/* Appends a signature by one of the keys, plain: r || s. */
void talk_sign(struct talk *t, const struct talk_key *key, struct span message, struct writer *out);
/* Whether the card's signature is one of this text, by the key of the request. */
bool talk_verifies(const struct cvc *request, const char *message, struct span der);
