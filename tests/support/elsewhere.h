/* Another device, under another root, whose keys become custodians of a card: what it hands over,
 * and what it signs. Keys 01, 02, ... on P-256, each under a name of its own. */
#pragma once

#include "tests/support/card_fixture.h"

#define CUSTODIANS_ELSEWHERE 5

struct elsewhere {
    struct card_fixture card;
    uint8_t chain[1024], root_bytes[1024], request_bytes[CUSTODIANS_ELSEWHERE][1024];
    struct span root;                                   /* its certificate, 7F21 whole */
    struct span root_name, issuer_name, device_name;    /* holder references */
    struct span issuer_certificate, device_certificate; /* contents of 7F21 */
    struct custodian_elsewhere {
        struct span name, request, point; /* request: contents of 67 */
    } custodians[CUSTODIANS_ELSEWHERE];
};

/* Aborts when it fails, as the fixture does. */
void elsewhere_init(struct elsewhere *e);
void elsewhere_deinit(struct elsewhere *e);
/* r || s over the message, by the key of a custodian. */
void elsewhere_sign(struct elsewhere *e, unsigned custodian, struct span message,
                    struct writer *out);
