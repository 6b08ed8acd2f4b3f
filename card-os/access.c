#include "card-os/access.h"

#include "card-os/choices.h"
#include "card-os/command.h"
#include "card-os/device.h"
#include "card-os/files.h"
#include "storage/audit.h"

#define NEVER_HOLDS (1u << 31)

static const struct {
    const char *name, *text;
    unsigned needs;       /* facts, all of them */
    uint16_t refusal;     /* STATUS_... */
    enum audit_role role; /* of whoever passes */
} rules[RULES] = {
    [NEVER] = { "never", "nobody", NEVER_HOLDS, STATUS_NOT_LOGGED_IN },
    [ANYONE] = { "anyone", "no login needed" },
    [USER] = { "user", "the user PIN was verified", FACT_USER, STATUS_NOT_LOGGED_IN, AUDIT_USER },
    [NOT_CONFIGURED] = { "not configured", "nobody: the device was not set up for it", NEVER_HOLDS,
                         STATUS_UNKNOWN_INS },
    [NO_REFERENCE] = { "no reference", "nobody: there is no such reference", NEVER_HOLDS,
                       STATUS_NOT_FOUND },
    [RESET_COUNTER] = { "reset counter",
                        "who knows the SO-PIN, which the data holds, if option 0001 is set",
                        FACT_RESET_COUNTER, CHOICE_STATUS_RESET_DISABLED },
    [RESET_PIN] = { "reset PIN", "the same, unless option 0020 is set", FACT_RESET_PIN,
                    CHOICE_STATUS_RESET_DISABLED },
    [NO_SUCH_FILE] = { "no such file", "nobody: files outside the classes do not exist",
                       NEVER_HOLDS, CHOICE_STATUS_UNKNOWN_FILE_CLASS },
    [READ_LOG] = { "read log", "the user PIN was verified, or the audit policy makes reading free",
                   FACT_READS_LOG, STATUS_NOT_LOGGED_IN },
    [NO_CURRENT] = { "no current file", "nobody: no file is selected", NEVER_HOLDS,
                     STATUS_NO_CURRENT_FILE },
    [FILE_READ] = { "file: read", "as the class of the file says", NEVER_HOLDS },
    [FILE_WRITE] = { "file: write", "as the class of the file says", NEVER_HOLDS },
    [FILE_DELETE] = { "file: delete", "as the class of the file says", NEVER_HOLDS },
};

static unsigned session_facts(const struct call *c)
{
    if (c->card->session.user)
        return FACT_USER | FACT_READS_LOG;
    bool free = audit_policy(c->card->env->store).reading == AUDIT_READ_FREELY;
    return free ? FACT_READS_LOG : 0;
}

/* Adds what INITIALIZE was told. A device that was never initialised has no options. */
static int add_device_facts(const struct call *c, unsigned *facts)
{
    uint16_t options = 0;
    int r = device_options(c->card->env->store, &options);
    if (options & OPTION_RESET_COUNTER)
        *facts |= options & OPTION_KEEP_PIN ? FACT_RESET_COUNTER : FACTS_OF_DEVICE;
    return r == STORE_ABSENT ? 0 : r;
}

static enum rule class_rule(const struct file_class *class, enum rule rule)
{
    return rule == FILE_READ ? class->read : rule == FILE_WRITE ? class->write : class->delete;
}

/* Whoever may not write at all is not told which files there could be. */
static enum rule rule_outside_classes(const struct call *c, uint16_t file)
{
    if (c->row->rule != FILE_READ && !c->card->session.user)
        return USER;
    return file || c->row->rule == FILE_DELETE ? NO_SUCH_FILE : NO_CURRENT;
}

/* The rule behind a FILE rule. */
static enum rule resolve(const struct call *c)
{
    if (!file_command(c->row))
        return c->row->rule;
    uint16_t file = file_addressed(c);
    const struct file_class *class = file_class_of(file);
    return class ? class_rule(class, c->row->rule) : rule_outside_classes(c, file);
}

sw access_check_facts(enum rule rule, unsigned now)
{
    bool holds = rules[rule].name && (rules[rule].needs & now) == rules[rule].needs;
    return holds ? SW_OK : (sw){ rules[rule].refusal };
}

/* The options are read only where a rule asks for them: few do. */
sw access_check(struct call *c)
{
    enum rule rule = resolve(c);
    unsigned facts = session_facts(c);
    int r = rules[rule].needs & FACTS_OF_DEVICE ? add_device_facts(c, &facts) : 0;
    return r ? call_status(c, r) : access_check_facts(rule, facts);
}

enum audit_role access_role(const struct call *c, sw decision)
{
    const struct session *session = &c->card->session;
    enum rule rule = resolve(c);
    if (sw_ok(decision) && rule != READ_LOG)
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
