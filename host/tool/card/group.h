/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of `glasshsm domain` about groups: tokens whose key domains share a secret. PAPERS, in
 * the usage, is a file with a key's certificates (host/tool/card/custodian_certificates.h). */
#pragma once

#include "host/tool/card/card_verb.h"

#define GROUP_DEVICES_MAX 16 /* memberships that one call makes */

/* The `ask` of join and exchange. */
int group_needs(const struct card_call *call);

/* member KEY [CERTIFICATES...] */
int group_member(struct card_call *call);
int group_member_needs(const struct card_call *call);
int group_member_prepare(struct card_call *call);
/* join NUMBER MEMBERSHIPS [PAPERS] */
int group_join(struct card_call *call);
int group_join_prepare(struct card_call *call);
/* exchange NUMBER PAPERS */
int group_exchange(struct card_call *call);
int group_exchange_prepare(struct card_call *call);
