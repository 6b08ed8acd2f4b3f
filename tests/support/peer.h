/* SPDX-License-Identifier: Apache-2.0 */
/* Another card, which signs who belongs to a group (protocol.md 9.2) and is a member of it itself:
 * what a host sends to our card on its behalf. For tests whose script needs such commands ready. */
#pragma once

#include "tests/support/papers.h"

enum paper {
    PAPER_NONE,
    PAPER_CHOOSE_ROOT,
    PAPER_ISSUER,
    PAPER_CHOOSE_ISSUER,
    PAPER_DEVICE,
    PAPER_MEMBERSHIP,
    PAPER_EXCHANGE_KEY,
    PAPER_EXCHANGE,
    PAPERS
};

/* A new card, and a group's key in it. */
void peer_begin(void);
void peer_end(void);
/* A card believes in its root. */
void peer_is_trusted_by(struct card_fixture *card);
/* Makes the commands for the device whose certificate this is: domain 1, exchange key 06. Once. */
void peer_make_papers(const struct cvc *device);
/* One of them; valid until the peer ends. */
struct span peer_paper(enum paper which);
