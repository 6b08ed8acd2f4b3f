/* SPDX-License-Identifier: Apache-2.0 */
/* Cards that share a DKEK whose one share is 00 01 ... 1F: what one of them wraps another unwraps,
 * and so does a test that wants to seal or open blobs itself. */
#pragma once

#include "formats/key_blob.h"
#include "tests/support/card_fixture.h"

/* A card with it, as after card_fixture_init() and INITIALIZE; the user is logged in. */
void dkek_fixture_init(struct card_fixture *f);
struct kek dkek_fixture_kek(void);
