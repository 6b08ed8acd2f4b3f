/* Session facts, and the named rules made of them. Rows name rules; only access.c knows facts. */
#pragma once

#include "formats/sw.h"

struct call;
struct command;

/* Who may. The three FILE rules stand for the rule of the addressed file's class (files.c). */
enum rule {
    ANYONE,
    USER,
    NEVER,
    NOT_CONFIGURED, /* a function of the family that this device was not set up for */
    NO_REFERENCE,   /* reference data that this device does not have */
    NO_SUCH_FILE,   /* an identifier outside all classes of files */
    NO_CURRENT,     /* P1 P2 mean the current file, and there is none */
    FILE_READ,
    FILE_WRITE,
    FILE_DELETE,
};

/* Bits that say what is true now. */
enum fact {
    FACT_USER = 1,    /* user PIN verified in this session */
    FACT_OFFICER = 2, /* SO-PIN verified in this session */
};

/* SW_OK, or the status word that refuses. */
sw access_check(const struct call *c);
/* Whether a rule lets pass when these facts, and no others, are true; for the printed access page
 * and the matrix. */
sw access_check_facts(enum rule rule, unsigned facts);
const char *access_rule_name(enum rule rule);
const char *access_rule_text(enum rule rule);
