/* SPDX-License-Identifier: Apache-2.0 */
/* What handlers, and the functions they call, ask of the command in flight (struct call). */
#pragma once

#include "card-os/command.h"

/* A reader of the command data. */
struct reader call_data(const struct call *c);
/* Handed to long work of a command with the trait CAN_BE_STOPPED: it asks env.cancelled. */
struct patience call_patience(const struct call *c);
/* Translates a result of the layers below to a status word, and remembers a fault for the daemon.
 * The positive results that it knows are STORE_ABSENT, STORE_FULL and CARD_FULL; any other should
 * have been handled by the caller, and is a fault. */
sw call_status(struct call *c, int result);
/* Translates the result of work on data that the host sent: `refusal` when the result says that the
 * data is bad (a positive result of crypto/crypto.h, formats/cvc.h or formats/key_blob.h), else as
 * call_status(). */
sw call_judge(struct call *c, int result, sw refusal);
/* Opens a transaction unless one is open; record_close() ends it. For the rows of PINs, which are
 * not ATOMIC: a spent try has its own transaction (pin.h). */
MUST_CHECK int call_begin(struct call *c);
/* The file that READ or UPDATE BINARY addresses: P1 P2, or the selected file when both are zero; 0
 * when none is selected. */
uint16_t call_file(const struct call *c);
/* Names the file or key that the record is about. */
void call_about_file(struct call *c, uint16_t file);
