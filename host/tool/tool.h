/* SPDX-License-Identifier: Apache-2.0 */
/* The subcommands of `glasshsm`: rows of the table in main.c. */
#pragma once

#include "host/tool/cli/options.h"

/* All subcommands, ended by NULL. */
extern const struct family *const tool_families[];

extern const struct family attest_family, ca_family, cancel_family, conform_family, dkek_family,
    doctor_family, domain_family, events_family, key_family, log_family, object_family, pin_family,
    pka_family, run_family, status_family, store_family, token_family;
