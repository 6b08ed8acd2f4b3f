/* SPDX-License-Identifier: Apache-2.0 */
/* The computed conversations of `glasshsm conform --destructive` (conform_talk.h), as a table. */
#pragma once

#include "host/tool/conform/conform_talk.h"

/* Plays all of them. 0, or a result of conform_play(). */
MUST_CHECK int conform_play_computed(struct conform *p);
/* The number of cases in all of them. */
unsigned conform_computed_cases(void);

/* The conversations, each in the file of its family; the table has the clauses that they test. */
void conform_device(struct talk *t); /* conform_device.c */
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
