/* Records of the card: what every one of them takes from the environment. */
#pragma once

#include "card-os/env.h"
#include "formats/audit_record.h"

/* Adds time, ticks and random to a record and appends it, in the open transaction. */
MUST_CHECK int event_append(const struct env *env, struct audit_record *record);
/* A record that no command causes: power, creation of the store. In the open transaction. */
MUST_CHECK int event_append_own(const struct env *env, enum audit_action action);
