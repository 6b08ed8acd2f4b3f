/* What handlers, and those who work for them, ask of the command in flight. */
#pragma once

#include "card-os/command.h"

struct reader call_data(const struct call *c);
/* For long work of a command that can be stopped: asks env.cancelled. */
struct patience call_patience(const struct call *c);
/* Translates what the layers below return to a status word. Remembers a fault for the daemon. A
 * positive result other than STORE_ABSENT, STORE_FULL and CARD_FULL is one that its receiver should
 * have dealt with, and a fault. */
sw call_status(struct call *c, int result);
/* For work on what the host has sent: `refusal` when the result says that this is no good (one of
 * crypto/crypto.h, formats/cvc.h or formats/key_blob.h), else call_status(). */
sw call_judge(struct call *c, int result, sw refusal);
/* Opens a transaction unless one is open; record_close() ends it. For pin.c, whose rows are not
 * ATOMIC. */
MUST_CHECK int call_begin(struct call *c);
/* The file that P1 P2 name: a file identifier, or the current file when they are zero; 0 when there
 * is none. */
uint16_t call_file(const struct call *c);
/* Names what the record is about. */
void call_about_file(struct call *c, uint16_t file);
