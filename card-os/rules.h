/* SPDX-License-Identifier: Apache-2.0 */
/* The rules about who may run a command. Rows of commands.c and classes of files name one each;
 * access.c says what it needs and what a refusal answers. */
#pragma once

/* NEVER comes first, so that a row without a rule can be used by nobody. The FILE rules stand for
 * the rule that the class of the addressed file has (files.c). */
enum rule {
    NEVER,
    ANYONE,
    USER,
    NO_REFERENCE,           /* nobody: reference data that this device does not have */
    RESET_COUNTER,          /* the SO-PIN is in the data, and option 0001 is set */
    RESET_PIN,              /* the SO-PIN is in the data, and option 0001 without 0020 is set */
    OFFICER_RESETS_COUNTER, /* the SO-PIN was verified before, and option 0001 is set */
    OFFICER_RESETS_PIN, /* the SO-PIN was verified before, and option 0001 without 0020 is set */
    SESSION_PIN,        /* the user PIN was verified, through the channel, and option 0004 is set */
    CLEAR_SESSION_PIN,  /* the user is logged in, and options 0004 and 0008 are set */
    DOMAINS,            /* anyone, if INITIALIZE had DO 92 or 97 */
    DOMAIN_SHARE,  /* the user, or anyone for the DKEK unless a login is required; if DO 92 or 97 */
    DOMAIN_SECRET, /* the user, if INITIALIZE had DO 92 or 97 */
    DOMAIN_SLOTS,  /* the user, if INITIALIZE had DO 97 */
    CUSTODY,       /* anyone, if INITIALIZE had DO 93 */
    REGISTRAR,    /* the user, or anyone before there is a key (access.c has all of it); if DO 93 */
    REPLACE_KEY,  /* the user, if INITIALIZE had DO 93 and option 0008 without 0004 */
    NO_SUCH_FILE, /* an identifier outside all classes of files */
    READ_LOG,     /* the user, or anybody if the audit policy says so */
    NO_CURRENT,   /* nobody: P1 P2 mean the selected file, and none is selected */
    FILE_SELECT,  /* anyone; the log's files: who may read them */
    FILE_READ,
    FILE_WRITE,
    FILE_DELETE,
    RULES
};
