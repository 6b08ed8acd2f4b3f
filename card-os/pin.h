/* SPDX-License-Identifier: Apache-2.0 */
/* PINs and their retry counters (protocol.md section 3). Only pin.c reads or changes a counter.
 *
 * A try is spent in a commit of its own before the PIN is compared, so that cutting the power after
 * a wrong guess gains nothing. A right PIN gets its tries back in the transaction that records the
 * login. */
#pragma once

#include "card-os/command.h"

enum pin_reference { PIN_USER = 0x81, PIN_OFFICER = 0x88 };

#define PIN_MIN          6
#define PIN_MAX          16
#define OFFICER_PIN_SIZE 8
#define USER_TRIES_MAX   10
#define OFFICER_TRIES    15

/* The answer to the query form of VERIFY: 9000 when verified in this session; else 63Cx (tries
 * left), 6983 (blocked), 6984 (a transport PIN) or 6A88 (no such PIN). */
sw pin_status(struct call *c, enum pin_reference reference);
/* Spends a try and compares. 9000: the PIN is right; its tries are given back in a transaction that
 * is left open for the record. 63Cx or 6983: wrong. 6983 or 6A88 without spending: blocked, or
 * there is no such PIN. */
sw pin_verify(struct call *c, enum pin_reference reference, struct span pin);
/* VERIFY of the user PIN: as pin_verify(), but 6984 while it is a transport PIN; and a session PIN
 * (session_pin.h) is right as well, without a try being spent or given back. */
sw pin_log_in(struct call *c, struct span pin);
/* Stores whether the user PIN is a transport PIN (option 0002), which was sent to its owner and has
 * to be changed by CHANGE REFERENCE DATA before it is used. In the open transaction. */
MUST_CHECK int pin_set_transport(struct call *c, bool transport);
/* CHANGE REFERENCE DATA: the data is the old PIN and directly after it the new one; the card knows
 * how long the old one is. Checks the old PIN as pin_verify() does, then sets the new one. 6A80:
 * the new PIN is too short or too long, or equal to the transport PIN. */
sw pin_change(struct call *c, enum pin_reference reference, struct span old_and_new);
/* Sets a new PIN in place of one that exists, with as many tries; in the open transaction. */
MUST_CHECK int pin_replace(struct call *c, enum pin_reference reference, struct span pin);
/* Gives back all tries of a PIN: after it was right (also when its command failed afterwards), or
 * because the SO orders it. Opens a transaction unless one is open; record_close() ends it. */
MUST_CHECK int pin_refund(struct call *c, enum pin_reference reference);
/* Sets a PIN with so many tries, in the open transaction. Where the call knows the binding key,
 * wraps it for the new PIN. A new user PIN ends the session PIN. */
MUST_CHECK int pin_set(struct call *c, enum pin_reference reference, struct span pin,
                       uint8_t tries);
/* 0, or STORE_ABSENT: there is no such PIN. */
MUST_CHECK int pin_exists(struct call *c, enum pin_reference reference);
/* Whether the keys of this device are bound to its PINs (binding.h). */
MUST_CHECK int pin_binds_keys(struct store *store, bool *out);
