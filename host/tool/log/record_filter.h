/* SPDX-License-Identifier: Apache-2.0 */
/* Selects the records of a log that a user wants to see. */
#pragma once

#include <stdbool.h>

#include "formats/audit_record.h"
#include "host/tool/cli/options.h"

/* All zero: every record. exports, logins: only those by which keys left, only logins; with both,
 * either. */
struct record_filter {
    enum audit_action action; /* AUDIT_NOTHING: any */
    bool exports, logins;
    bool one_role, refused; /* refused: only those whose status word is not 9000 */
    enum audit_role role;
    uint64_t since_ms, until_ms; /* until 0: no end */
    uint8_t key[sizeof((struct audit_record){ 0 }.key)];
    size_t key_size; /* bytes of the key that are given; 0: any key */
};

bool record_wanted(const struct record_filter *filter, const struct audit_record *record);

/* Reads an action, as its number or its text in any case; or a role; false: there is none such. */
MUST_CHECK bool record_filter_action(const char *text, struct record_filter *out);
MUST_CHECK bool record_filter_role(const char *text, struct record_filter *out);
/* The texts of all actions, ended by NULL. */
#define RECORD_ACTIONS_MAX 256
void record_filter_actions(const char *out[RECORD_ACTIONS_MAX + 1]);
/* For options of a struct record_filter. record_filter_time() reads into milliseconds since 1970:
 * "YYYY-MM-DD" or "YYYY-MM-DD HH:MM[:SS]", local, or "@" and seconds since 1970. */
option_reader record_filter_key, record_filter_time;
