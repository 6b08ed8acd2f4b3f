/* SPDX-License-Identifier: Apache-2.0 */
/* What `glasshsm status` shows, as a JSON object. */
#pragma once

#include <jansson.h>

#include "daemon/config.h"
#include "daemon/token.h"

struct status_sources {
    const struct config *config;
    struct token *token;
    uint64_t since_ms; /* wall clock, when the daemon was ready */
    bool memory_locked, filtered, confined;
};

/* A new object; NULL: no memory.
 *
 *   name, pid, version, since_ms, port, attached, serial, strict, capacity
 *   command        null, or {"name":"SIGN","running_ms":n}
 *   store          {"ephemeral","objects","generation","boot","incarnation","usable"}
 *   dkek           null, or {"shares","missing","without_login"}: shares of the DKEK that
 *                  INITIALIZE asked for; how many are missing; how many were imported
 *                  without a login
 *   log            {"size","root","pruned","acknowledged","epoch"}
 *   anchor         "none" | "beside the store" | "elsewhere"
 *   memory_locked  all memory is locked; secrets_locked: at least the secrets are
 *   filter         system calls are filtered
 *   files          only the files that the settings name can be reached (confine.h) */
json_t *status_object(const struct status_sources *from);
