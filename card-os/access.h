/* Session facts, and the named rules made of them. Rows name rules; only access.c turns facts into
 * a decision. */
#pragma once

#include "card-os/rules.h"
#include "formats/audit_record.h"
#include "formats/sw.h"

struct call;
struct file_class;

/* Bits that say what is true now. */
enum fact {
    FACT_USER = 1,          /* user PIN verified in this session */
    FACT_RESET_COUNTER = 2, /* options of the device: */
    FACT_RESET_PIN = 4,
    FACT_DOMAINS = 8,       /* DO 92 or 97 was given */
    FACT_DOMAIN_SLOTS = 16, /* 97 was */
    FACT_CUSTODY = 32,      /* 93 was */
    FACT_REPLACE_KEY = 64,
    FACT_REGISTRAR = 128, /* user PIN verified, or the user logged in without it */
    FACT_READS_LOG = 256, /* the user is logged in, or reading the log is free */
    FACT_PIN = 512,       /* the user PIN was verified */
    FACT_OFFICER = 1024,
    FACT_CHANNEL = 2048,     /* the command came through the channel */
    FACT_SESSION_PIN = 4096, /* options of the device: */
    FACT_CLEARED_PIN = 8192,
    FACT_EXTENSIONS = 16384, /* not forbidden by strict: clearing a session PIN */
    FACT_SHARE = 32768,      /* shares want no login, or the user is logged in */
    FACTS_OF_OPTIONS = FACT_RESET_COUNTER | FACT_RESET_PIN | FACT_REPLACE_KEY | FACT_SESSION_PIN |
                       FACT_CLEARED_PIN,
    FACTS_OF_DEVICE = FACTS_OF_OPTIONS | FACT_DOMAINS | FACT_DOMAIN_SLOTS | FACT_CUSTODY |
                      FACT_EXTENSIONS | FACT_SHARE, /* whoever is logged in */
};

/* The rule that decides about this command: its row's, or for a FILE rule what the class of the
 * addressed file says. */
enum rule access_rule(const struct call *c);
/* SW_OK, or the status word with which the rule refuses. */
sw access_check(struct call *c, enum rule rule);
/* Who the record names, once access_check() has decided by this rule: the authority that let the
 * command pass, or for a refusal whoever is logged in. */
enum audit_role access_role(const struct call *c, enum rule rule, sw decision);
/* Whether a rule lets pass when these facts, and no others, are true. A FILE rule must be resolved
 * to a class's rule before. */
sw access_check_facts(enum rule rule, unsigned facts);
/* What a FILE rule means for this class of files. */
enum rule access_class_rule(const struct file_class *class, enum rule rule);
/* NULL: the rule has no row, and lets nobody pass. */
const char *access_rule_name(enum rule rule);
const char *access_rule_text(enum rule rule);
