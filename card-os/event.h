/* Records of the card: what every one of them takes from the environment. */
#pragma once

#include "card-os/env.h"
#include "formats/audit_record.h"

/* Adds time, ticks and random to a record and appends it, in the open transaction. */
MUST_CHECK int event_append(const struct env *env, struct audit_record *record);
/* The same, and the event begins a signing epoch of the log. */
MUST_CHECK int event_begin_epoch(const struct env *env, const struct audit_record *record);
/* A record that no command causes: power. In the open transaction. */
MUST_CHECK int event_append_own(const struct env *env, enum audit_action action);
