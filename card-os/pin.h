/* PINs and their tries (protocol.md section 3). The only place that touches a counter.
 *
 * A try is spent, durably, before the PIN is compared: whoever cuts the power after a wrong guess
 * gains nothing. A right PIN gives the tries back in the transaction that records the login. */
#pragma once

#include "card-os/command.h"

enum pin_reference { PIN_USER = 0x81, PIN_OFFICER = 0x88 };

#define PIN_MIN          6
#define PIN_MAX          16
#define OFFICER_PIN_SIZE 8
#define USER_TRIES_MAX   10
#define OFFICER_TRIES    15

/* 9000 when verified in this session, else 63Cx, 6983, 6984 or 6A88: what the VERIFY query answers.
 */
sw pin_status(struct call *c, enum pin_reference reference);
/* Spends a try, compares, and on success gives the tries back and leaves the transaction open for
 * the record. 6A88: there is no such PIN, nothing was spent. */
sw pin_verify(struct call *c, enum pin_reference reference, struct span pin);
/* The user PIN as VERIFY takes it: 6984 while it is a transport PIN; a session PIN will do as well,
 * and then no try is spent or given back. */
sw pin_log_in(struct call *c, struct span pin);
/* Whether the user PIN is a transport PIN (option 0002): one that was sent to its owner, who has to
 * change it by CHANGE REFERENCE DATA before it is used. In the open transaction. */
MUST_CHECK int pin_set_transport(struct call *c, bool transport);
/* CHANGE REFERENCE DATA: checks the old PIN as pin_verify() does; behind it stands the new one,
 * without a mark between: the card knows the old one's length. */
sw pin_change(struct call *c, enum pin_reference reference, struct span old_and_new);
/* A new PIN in place of one that exists, with all its tries; in the open transaction. */
MUST_CHECK int pin_replace(struct call *c, enum pin_reference reference, struct span pin);
/* Gives back all tries: of a right PIN, also when its command failed afterwards, or by the SO's
 * order; opens a transaction, which the dispatcher ends. */
MUST_CHECK int pin_refund(struct call *c, enum pin_reference reference);
/* Sets a PIN with all its tries, in the open transaction. */
MUST_CHECK int pin_set(struct call *c, enum pin_reference reference, struct span pin,
                       uint8_t tries);
/* STORE_ABSENT when there is no such PIN. */
MUST_CHECK int pin_exists(struct call *c, enum pin_reference reference);
/* Whether the keys of this device are bound to its PINs (binding.h). */
MUST_CHECK int pin_binds_keys(struct store *store, bool *out);
