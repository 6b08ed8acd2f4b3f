/* SPDX-License-Identifier: Apache-2.0 */
#include "card-os/access.h"

#include "card-os/call.h"
#include "card-os/choices.h"
#include "card-os/command.h"
#include "card-os/custodians.h"
#include "card-os/device.h"
#include "card-os/files.h"
#include "card-os/staging.h"
#include "card-os/strict.h"
#include "storage/audit.h"

#define NEVER_HOLDS (1u << 31)

static const struct {
    const char *name, *text;
    unsigned needs;       /* facts that must all be true */
    uint16_t refusal;     /* STATUS_... */
    enum audit_role role; /* that the record of a command which passes names */
    unsigned exists;      /* facts without which the device lacks the function, for everybody */
    uint16_t absent;      /* STATUS_... where it lacks it */
} rules[RULES] = {
    [NEVER] = { "never", "nobody", NEVER_HOLDS, STATUS_NOT_LOGGED_IN },
    [ANYONE] = { "anyone", "no login needed" },
    [USER] = { "user", "the user is logged in", FACT_USER, STATUS_NOT_LOGGED_IN, AUDIT_USER },
    [NO_REFERENCE] = { "no reference", "nobody: there is no such reference", NEVER_HOLDS,
                       STATUS_NOT_FOUND },
    [RESET_COUNTER] = { "reset counter",
                        "who knows the SO-PIN, which the data holds, if option 0001 is set",
                        FACT_RESET_COUNTER, CHOICE_STATUS_RESET_DISABLED },
    [RESET_PIN] = { "reset PIN",
                    "who knows the SO-PIN, which the data holds, if option 0001 is set and 0020 is "
                    "not",
                    FACT_RESET_PIN, CHOICE_STATUS_RESET_DISABLED },
    [OFFICER_RESETS_COUNTER] = { "SO, reset counter",
                                 "the SO-PIN was verified, if option 0001 is set", FACT_OFFICER,
                                 STATUS_NOT_LOGGED_IN, AUDIT_OFFICER, FACT_RESET_COUNTER,
                                 CHOICE_STATUS_RESET_DISABLED },
    [OFFICER_RESETS_PIN] = { "SO, reset PIN",
                             "the SO-PIN was verified, if option 0001 is set and 0020 is not",
                             FACT_OFFICER, STATUS_NOT_LOGGED_IN, AUDIT_OFFICER, FACT_RESET_PIN,
                             CHOICE_STATUS_RESET_DISABLED },
    [SESSION_PIN] = { "session PIN",
                      "the user PIN was verified and the command comes through the secure channel, "
                      "if option 0004 is set",
                      FACT_PIN | FACT_USER | FACT_CHANNEL, STATUS_NOT_LOGGED_IN, AUDIT_USER,
                      FACT_SESSION_PIN, STATUS_UNKNOWN_INS },
    [CLEAR_SESSION_PIN] = { "clear session PIN",
                            "the user is logged in, if options 0004 and 0008 are set; not strict",
                            FACT_USER, STATUS_NOT_LOGGED_IN, AUDIT_USER,
                            FACT_CLEARED_PIN | FACT_EXTENSIONS, STATUS_UNKNOWN_INS },
    [DOMAINS] = { "DKEK", "no login needed, if the device has key domains", .exists = FACT_DOMAINS,
                  .absent = STATUS_UNKNOWN_INS },
    [DOMAIN_SHARE] = { "DKEK share",
                       "no login needed for the DKEK (DO 92), unless `card.share-login` is set; "
                       "for a numbered key domain (DO 97) the user is logged in",
                       FACT_SHARE, STATUS_NOT_LOGGED_IN, AUDIT_USER, FACT_DOMAINS,
                       STATUS_UNKNOWN_INS },
    [DOMAIN_SECRET] = { "user, DKEK", "the user is logged in, if the device has key domains",
                        FACT_USER, STATUS_NOT_LOGGED_IN, AUDIT_USER, FACT_DOMAINS,
                        STATUS_UNKNOWN_INS },
    [DOMAIN_SLOTS] = { "user, key domains",
                       "the user is logged in, if INITIALIZE made slots for key domains", FACT_USER,
                       STATUS_NOT_LOGGED_IN, AUDIT_USER, FACT_DOMAIN_SLOTS,
                       CHOICE_STATUS_NO_DOMAIN_SLOTS },
    [CUSTODY] = { "custody", "no login needed, if the device has custodians",
                  .exists = FACT_CUSTODY, .absent = STATUS_UNKNOWN_INS },
    [REGISTRAR] = { "registrar",
                    "the user is logged in; without option 0010 also after the user PIN alone; and "
                    "without login while the device has neither keys nor confidential data, with "
                    "option 0010 only until as many custodians are registered as must sign; if the "
                    "device has custodians",
                    FACT_REGISTRAR, STATUS_NOT_LOGGED_IN, AUDIT_USER, FACT_CUSTODY,
                    STATUS_UNKNOWN_INS },
    [REPLACE_KEY] = { "user, replace key", "the user is logged in, if option 0008 is set",
                      FACT_USER, STATUS_NOT_LOGGED_IN, AUDIT_USER, FACT_CUSTODY | FACT_REPLACE_KEY,
                      CHOICE_STATUS_REPLACE_DISABLED },
    [NO_SUCH_FILE] = { "no such file", "nobody: files outside the classes do not exist",
                       NEVER_HOLDS, STATUS_FILE_NOT_FOUND },
    [READ_LOG] = { "read log", "the user PIN was verified, or the audit policy makes reading free",
                   FACT_READS_LOG, STATUS_NOT_LOGGED_IN },
    [NO_CURRENT] = { "no current file", "nobody: no file is selected", NEVER_HOLDS,
                     STATUS_NO_CURRENT_FILE },
    [FILE_SELECT] = { "file: select",
                      "no login needed; the log's files: as READ BINARY of the file", NEVER_HOLDS },
    [FILE_READ] = { "file: read", "as the class of the file says", NEVER_HOLDS },
    [FILE_WRITE] = { "file: write", "as the class of the file says", NEVER_HOLDS },
    [FILE_DELETE] = { "file: delete", "as the class of the file says", NEVER_HOLDS },
};

static unsigned session_facts(const struct call *c)
{
    const struct session *session = session_seen(c);
    unsigned always = (session->pin ? FACT_PIN : 0) | (session->officer ? FACT_OFFICER : 0) |
                      (c->channel.used ? FACT_CHANNEL : 0) |
                      (strict_forbids(c->card, EXTENSION_CLEARED_PIN) ? 0 : FACT_EXTENSIONS);
    if (session->user)
        return always | FACT_USER | FACT_REGISTRAR | FACT_SHARE | FACT_READS_LOG;
    bool free = audit_policy(c->card->env->store).reading == AUDIT_READ_FREELY;
    return always | (free ? FACT_READS_LOG : 0);
}

/* Adds the facts of the option bits of INITIALIZE; a device that was never initialised has none. */
static int add_option_facts(const struct call *c, unsigned *facts)
{
    uint16_t options = 0;
    int r = device_options(c->card->env->store, &options);
    if (options & OPTION_RESET_COUNTER)
        *facts |=
            options & OPTION_KEEP_PIN ? FACT_RESET_COUNTER : FACT_RESET_COUNTER | FACT_RESET_PIN;
    if (options & OPTION_SESSION_PIN)
        *facts |=
            options & OPTION_CLEARED_PIN ? FACT_SESSION_PIN | FACT_CLEARED_PIN : FACT_SESSION_PIN;
    else if (options & OPTION_REPLACE_KEY)
        *facts |= FACT_REPLACE_KEY;
    return r == STORE_ABSENT ? 0 : r;
}

static int add_custody_facts(const struct call *c, unsigned *facts)
{
    struct custody custody;
    int r = custody_load(c->card->env->store, &custody);
    if (!r && custody.total)
        *facts |= FACT_CUSTODY;
    return r;
}

/* Whether PIN and custodians are needed together (option 0010), and whether as many custodians are
 * registered as must sign. */
static int check_complete(const struct call *c, bool *out_together, bool *out_complete)
{
    struct store *store = c->card->env->store;
    struct custody custody;
    uint32_t places[1];
    uint16_t options = 0;
    size_t registered = 0;
    int r = device_options(store, &options);
    if (r == STORE_ABSENT)
        r = 0;
    if (!r)
        r = custody_load(store, &custody);
    if (!r)
        r = store_list(store, OBJECT_CUSTODIAN, places, COUNT_OF(places), &registered);
    if (!r)
        *out_complete = registered >= custody.required;
    *out_together = options & OPTION_COMBINED;
    return r;
}

/* Whether there are neither keys nor confidential files. sc-hsm-tool registers custodians without a
 * login; on an empty device a custodian opens nothing, and the owner finds an occupied place. */
static int check_empty(const struct call *c, bool *out)
{
    uint32_t ids[1];
    size_t count = 0;
    bool confidential = false;
    int r = store_list(c->card->env->store, OBJECT_KEY, ids, COUNT_OF(ids), &count);
    if (!r)
        r = file_any_confidential(c->card, &confidential);
    *out = count == 1 && !confidential; /* the one key is the device's own */
    return r;
}

static int add_registrar_facts(const struct call *c, unsigned *facts)
{
    bool together = false, complete = false, empty = false;
    int r = check_complete(c, &together, &complete);
    if (!r)
        r = check_empty(c, &empty);
    bool may = together ? empty && !complete : empty || session_seen(c)->pin;
    if (!r && may)
        *facts |= FACT_REGISTRAR;
    return r;
}

/* Custodians bring shares of the DKEK (DO 92) in processes of their own, without the user's PIN.
 * Shares of a numbered domain (DO 97) want a login: how the hardware takes them was not seen
 * (NUMBERED_SHARE in choices.h), and hosts that make such a domain log in. */
static bool shares_are_free(const struct call *c, const struct device_domains *domains)
{
    return domains->slots && domains->fixed && !c->card->env->share_login;
}

static int add_domain_facts(const struct call *c, unsigned *facts)
{
    struct device_domains domains;
    int r = device_domains(c->card->env->store, &domains);
    if (!r && domains.slots)
        *facts |= domains.fixed ? FACT_DOMAINS : FACT_DOMAINS | FACT_DOMAIN_SLOTS;
    if (!r && shares_are_free(c, &domains))
        *facts |= FACT_SHARE;
    return r;
}

/* Reads facts of the device from the store, but only those that the rule asks for: few do. */
static int add_device_facts(const struct call *c, enum rule rule, unsigned *facts)
{
    unsigned asked = rules[rule].needs | rules[rule].exists;
    int r = asked & FACTS_OF_OPTIONS ? add_option_facts(c, facts) : 0;
    if (!r && asked & (FACT_DOMAINS | FACT_DOMAIN_SLOTS | FACT_SHARE))
        r = add_domain_facts(c, facts);
    if (!r && asked & FACT_CUSTODY)
        r = add_custody_facts(c, facts);
    if (!r && asked & FACT_REGISTRAR)
        r = add_registrar_facts(c, facts);
    return r;
}

enum rule access_class_rule(const struct file_class *files, enum rule rule)
{
    if (rule == FILE_SELECT)
        return files->home == IN_LOG ? files->read : ANYONE;
    return rule == FILE_READ ? files->read : rule == FILE_WRITE ? files->write : files->erase;
}

/* A host that may not write at all is not told which identifiers are in a class. */
static enum rule rule_outside_classes(const struct call *c, uint16_t file)
{
    if (c->row->rule == FILE_SELECT)
        return ANYONE;
    if (c->row->rule != FILE_READ && !session_seen(c)->user)
        return USER;
    return file || c->row->rule == FILE_DELETE ? NO_SUCH_FILE : NO_CURRENT;
}

enum rule access_rule(const struct call *c)
{
    if (!file_command(c->row))
        return c->row->rule;
    uint16_t file = file_addressed(c);
    const struct file_class *files = file_class_of(c->card, file);
    return files ? access_class_rule(files, c->row->rule) : rule_outside_classes(c, file);
}

sw access_check_facts(enum rule rule, unsigned now)
{
    if ((rules[rule].exists & now) != rules[rule].exists)
        return (sw){ rules[rule].absent };
    bool holds = rules[rule].name && (rules[rule].needs & now) == rules[rule].needs;
    return holds ? SW_OK : (sw){ rules[rule].refusal };
}

sw access_check(struct call *c, enum rule rule)
{
    unsigned facts = session_facts(c);
    int r = add_device_facts(c, rule, &facts);
    return r ? call_status(c, r) : access_check_facts(rule, facts);
}

/* Rules that also let pass who is not logged in name nobody but the session's own login: a rule
 * of this kind belongs into the list. */
enum audit_role access_role(const struct call *c, enum rule rule, sw decision)
{
    const struct session *session = session_seen(c);
    bool needs_nobody =
        rule == READ_LOG || rule == DOMAIN_SHARE || (rule == REGISTRAR && !session->pin);
    if (sw_ok(decision) && !needs_nobody)
        return rules[rule].role;
    return session->user ? AUDIT_USER : session->officer ? AUDIT_OFFICER : AUDIT_NOBODY;
}

const char *access_rule_name(enum rule rule)
{
    return rules[rule].name;
}

const char *access_rule_text(enum rule rule)
{
    return rules[rule].text;
}
