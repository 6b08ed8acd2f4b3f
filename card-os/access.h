/* SPDX-License-Identifier: Apache-2.0 */
/* Who may run a command. Rows of commands.c and classes of files name a rule (rules.h); a rule is a
 * set of facts about session and device that must all be true. Only access.c knows which facts a
 * rule needs, and decides. */
#pragma once

#include "card-os/rules.h"
#include "formats/audit_record.h"
#include "formats/sw.h"

struct call;
struct file_class;

/* What is true when a command comes: one bit each. */
enum fact {
    FACT_USER = 1,          /* the user is logged in (login.h) */
    FACT_RESET_COUNTER = 2, /* option 0001 */
    FACT_RESET_PIN = 4,     /* option 0001 without 0020 */
    FACT_DOMAINS = 8,       /* INITIALIZE had DO 92 or 97 */
    FACT_DOMAIN_SLOTS = 16, /* INITIALIZE had DO 97 */
    FACT_CUSTODY = 32,      /* INITIALIZE had DO 93 */
    FACT_REPLACE_KEY = 64,  /* option 0008 without 0004 */
    FACT_REGISTRAR = 128, /* the user is logged in, or registering a custodian needs no login now */
    FACT_READS_LOG = 256, /* the user is logged in, or the audit policy makes reading free */
    FACT_PIN = 512,       /* the user PIN was verified, or INITIALIZE set it, in this session */
    FACT_OFFICER = 1024,  /* the SO-PIN was verified in this session */
    FACT_CHANNEL = 2048,  /* the command came through the secure channel */
    FACT_SESSION_PIN = 4096, /* option 0004 */
    FACT_CLEARED_PIN = 8192, /* options 0004 and 0008 */
    FACT_EXTENSIONS = 16384, /* CLEAR SESSION PIN is not forbidden by the setting strict */
    FACT_SHARE = 32768,      /* the user is logged in, or the DKEK takes shares without login */
    /* Facts that come from the option bits of INITIALIZE. */
    FACTS_OF_OPTIONS = FACT_RESET_COUNTER | FACT_RESET_PIN | FACT_REPLACE_KEY | FACT_SESSION_PIN |
                       FACT_CLEARED_PIN,
    /* Facts that are true only after a PIN was verified or custodians have signed in. */
    FACTS_OF_LOGIN = FACT_USER | FACT_PIN | FACT_OFFICER,
    /* All others: each is true without login on some device, with some setting or audit policy.
     * A new fact is one of these unless FACTS_OF_LOGIN names it. */
    FACTS_WITHOUT_LOGIN = 0x3FFFFFFF & ~FACTS_OF_LOGIN,
};

/* The rule that decides about this command: its row's, or for a FILE rule what the class of the
 * addressed file says. */
enum rule access_rule(const struct call *c);
/* SW_OK, or the status word with which the rule refuses. */
sw access_check(struct call *c, enum rule rule);
/* Who the record names, once access_check() has decided by this rule: the authority that let the
 * command pass, or for a refusal whoever is logged in. */
enum audit_role access_role(const struct call *c, enum rule rule, sw decision);
/* SW_OK if a command with this rule may run when exactly these facts are true, or the status word
 * that refuses it. For a FILE rule, ask with the rule that access_class_rule() gives. */
sw access_check_facts(enum rule rule, unsigned facts);
/* The rule that this class of files has for a FILE rule. */
enum rule access_class_rule(const struct file_class *files, enum rule rule);
/* Short name and one sentence about a rule, for the documentation. The name is NULL where access.c
 * has no row for the rule; such a rule refuses everybody. */
const char *access_rule_name(enum rule rule);
const char *access_rule_text(enum rule rule);
