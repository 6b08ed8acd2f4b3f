/* The names of the rules that rows and classes of files choose from. access.c says what each means. */
#pragma once

/* Who may. NEVER comes first, so that a row which forgets its rule is shut. The FILE rules stand
 * for the rule of the addressed file's class (files.c). */
enum rule {
    NEVER,
    ANYONE,
    USER,
    NO_REFERENCE,           /* reference data that this device does not have */
    RESET_COUNTER,          /* the device was initialised so that the SO may give back tries */
    RESET_PIN,              /* and that the SO may set a new PIN */
    OFFICER_RESETS_COUNTER, /* the same without the SO-PIN in the data: it was verified before */
    OFFICER_RESETS_PIN,
    SESSION_PIN,       /* the user PIN was verified, through the channel, and option 0004 is set */
    CLEAR_SESSION_PIN, /* the user is logged in, and options 0004 and 0008 are set */
    DOMAINS,           /* the device was initialised so that keys can leave it */
    DOMAIN_SHARE,      /* and shares want no login, or the user is logged in */
    DOMAIN_SECRET,     /* and the user is logged in */
    DOMAIN_SLOTS,      /* and it has slots for key domains */
    CUSTODY,           /* the device knows public-key authentication */
    REGISTRAR,         /* and the user PIN was verified, or enough custodians have signed in */
    REPLACE_KEY,       /* the user is logged in, and custodians can be replaced */
    NO_SUCH_FILE,      /* an identifier outside all classes of files */
    READ_LOG,          /* the user, or anybody if the audit policy says so */
    NO_CURRENT,        /* P1 P2 mean the current file, and there is none */
    FILE_SELECT,       /* the log's files are found by whom they are read, all others by anybody */
    FILE_READ,
    FILE_WRITE,
    FILE_DELETE,
    RULES
};
