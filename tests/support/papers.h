/* SPDX-License-Identifier: Apache-2.0 */
/* What a device hands over so that another believes in it and in a key that it made
 * (protocol.md 6.2, 10.2), and the commands with which a host shows them. Aborts where one that
 * must work does not. */
#pragma once

#include "card-os/device.h"
#include "formats/cvc.h"
#include "tests/support/card_fixture.h"

struct papers {
    uint8_t chain_bytes[DEVICE_CHAIN_MAX], root_bytes[DEVICE_CHAIN_MAX], request_bytes[1024];
    struct span device, issuer, request; /* values of 7F21, 7F21, 67 */
    struct span root;                    /* 7F21 whole */
    struct cvc device_read, issuer_read, root_read;
    struct cvc_request request_read;
};

/* Reads the certificates of a card. */
void papers_of_device(struct card_fixture *card, struct papers *out);
/* Takes the request out of the answer that GENERATE just gave. */
void papers_take_request(struct card_fixture *card, struct papers *out);
/* Has a card believe in the root of these papers, as its owner would. */
void papers_trust(struct card_fixture *card, const struct papers *papers);
/* Leads a card from that root to the device. */
void papers_import(struct card_fixture *card, const struct papers *papers);

/* Commands: the status word. */
uint16_t papers_choose_issuer(struct card_fixture *card, struct span name);
uint16_t papers_verify(struct card_fixture *card, struct span certificate);

/* GENERATE with Le: of a key on this curve, held to a list of algorithms (hexadecimal, or NULL) and
 * in a key domain (or PAPERS_NO_DOMAIN). */
#define PAPERS_NO_DOMAIN (-1)
void papers_write_generate(struct writer *out, uint8_t id, const char *curve, const char *list,
                           int domain);
/* A membership (protocol.md 9.2): this request, and a signature over the device's key by the key of
 * the card, on a curve of 256 bits. */
struct span papers_membership(struct card_fixture *signer, uint8_t key, struct span request,
                              const struct cvc *device, struct writer *out);

/* r || s over a message, hashed with SHA-256, by the key of a card, on a curve of 256 bits. */
void papers_sign(struct card_fixture *signer, uint8_t key, struct span message, struct writer *out);

/* Copies bytes that must fit. */
struct span papers_keep(struct span bytes, uint8_t *room, size_t size);
