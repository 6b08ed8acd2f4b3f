/* Key domains, as the subcommands dkek and domain show them. */
#pragma once

#include "host/tool/card/card_verb.h"

/* --domain, or 0. */
uint8_t domain_of(const struct card_call *call);
/* A verb: all domains of the token. */
int domain_status(struct card_call *call);
/* Each gives the exit status. */
int domain_print_one(const struct card_call *call, uint8_t number,
                     const struct client_domain *domain);
/* As card_complain, but 6D00 says that no keys leave this token. */
int domain_complain(const struct card_call *call, int result, const char *what);
