/* Verbs of `glasshsm domain` about groups of tokens whose domains share a secret. */
#pragma once

#include "host/tool/card/card_verb.h"

#define GROUP_DEVICES_MAX 16 /* memberships made at once */

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
