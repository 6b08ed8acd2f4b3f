/* SPDX-License-Identifier: Apache-2.0 */
/* Showing key domains, and explaining refusals about them, for all verbs that have to do with
 * one. */
#pragma once

#include "host/tool/card/card_verb.h"

/* The verb `dkek status`: shows all domains of the token. */
int domain_status(struct card_call *call);
/* Prints one domain; gives the exit status. */
int domain_print_one(const struct card_call *call, uint8_t number,
                     const struct client_domain *domain);
/* Complains as card_complain() does, but explains 6D00: no keys leave this token. Gives the exit
 * status. */
int domain_complain(const struct card_call *call, int result, const char *what);
