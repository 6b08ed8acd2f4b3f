/* SPDX-License-Identifier: Apache-2.0 */
/* Appends records of the card to the log: adds what each takes from the environment. */
#pragma once

#include "card-os/env.h"
#include "formats/audit_record.h"

/* Adds time, ticks and random to a record and appends it, in the open transaction. */
MUST_CHECK int event_append(const struct env *env, struct audit_record *record);
/* Begins a signing epoch of the log with this record, to which it adds time, ticks and random; in
 * the open transaction. */
MUST_CHECK int event_begin_epoch(const struct env *env, const struct audit_record *record);
/* Appends a record that no command causes (power-on, power-off), in the open transaction. A
 * power-on names the program (env.build). */
MUST_CHECK int event_append_own(const struct env *env, enum audit_action action);
