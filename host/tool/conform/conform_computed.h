/* The computed conversations of `glasshsm conform --destructive` (conform_talk.h), as a table. */
#pragma once

#include "host/tool/conform/conform_talk.h"

/* All of them. 0, or a result as conform_play() gives them. */
MUST_CHECK int conform_play_computed(struct conform *p);
/* How many cases they have. */
unsigned conform_computed_cases(void);

/* Each stands in the file of its family; the clauses are in the table. */
void conform_device(struct talk *t); /* conform_certificates.c */
void conform_keys(struct talk *t);
void conform_channel(struct talk *t); /* conform_channel.c */
void conform_channel_login(struct talk *t);
void conform_channel_forms(struct talk *t);
void conform_channel_altered(struct talk *t);
void conform_session_pin(struct talk *t);
void conform_custodians(struct talk *t); /* conform_custody.c */
void conform_signatures(struct talk *t);
void conform_registration(struct talk *t);
void conform_certificates(struct talk *t);
void conform_together(struct talk *t);
void conform_no_pin(struct talk *t);
void conform_replacing(struct talk *t);
void conform_group(struct talk *t); /* conform_group.c */
void conform_memberships(struct talk *t);
