/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of `glasshsm log`, which are rows in log.c, with their options. Those that send
 * something to a daemon: log_owner.h. */
#pragma once

#include "host/tool/log/log_evidence.h"
#include "host/tool/log/log_source.h"
#include "host/tool/log/record_filter.h"
#include "host/tool/log/record_text.h"

struct log_show_options {
    struct log_place place;
    uint64_t from, last; /* 0: not given */
    struct record_filter filter;
    const char *action, *role; /* NULL: any */
    const char *ticks;         /* NULL: local time */
    bool as_json, follow;
};
extern const struct option_row log_show_rows[];
int log_show(struct command_line *command);

struct log_keep_options {
    struct log_place place;
    const char *from; /* of a proof */
};
extern const struct option_row log_proof_rows[];
int log_snapshot(struct command_line *command);
int log_receipt(struct command_line *command);
int log_proof(struct command_line *command);

struct log_verify_options {
    const char *old, *fresh, *proof, *receipt; /* files; NULL: not given */
    bool as_json;
};
extern const struct option_row log_verify_rows[];
int log_verify(struct command_line *command);
