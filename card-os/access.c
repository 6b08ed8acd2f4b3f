#include "card-os/access.h"

#include "card-os/choices.h"
#include "card-os/command.h"
#include "card-os/files.h"

static const struct {
    const char *name, *text;
    unsigned needs;   /* facts, all of them; a fact that never holds refuses always */
    uint16_t refusal; /* STATUS_... */
} rules[] = {
#define NEVER_HOLDS (1u << 31)
    [ANYONE] = { "anyone", "no login" },
    [USER] = { "user", "user PIN verified", FACT_USER, STATUS_NOT_LOGGED_IN },
    [NEVER] = { "never", "nobody", NEVER_HOLDS, STATUS_NOT_LOGGED_IN },
    [NOT_CONFIGURED] = { "not configured", "nobody: not set up", NEVER_HOLDS, STATUS_UNKNOWN_INS },
    [NO_REFERENCE] = { "no reference", "nobody: no such reference", NEVER_HOLDS, STATUS_NOT_FOUND },
    [NO_SUCH_FILE] = { "no such file", "nobody: no such file", NEVER_HOLDS,
                       CHOICE_STATUS_UNKNOWN_FILE_CLASS },
    [NO_CURRENT] = { "no current file", "nobody: no file", NEVER_HOLDS, STATUS_NO_CURRENT_FILE },
    [FILE_READ] = { "file: read", "as the file's class says" },
    [FILE_WRITE] = { "file: write", "as the file's class says" },
    [FILE_DELETE] = { "file: delete", "as the file's class says" },
};

static unsigned facts(const struct session *session)
{
    return (session->user ? FACT_USER : 0u) | (session->officer ? FACT_OFFICER : 0u);
}

/* The rule behind a FILE rule. */
static enum rule resolve(const struct call *c)
{
    enum rule rule = c->row->rule;
    if (!file_command(c->row))
        return rule;
    uint16_t file = file_addressed(c);
    const struct file_class *class = file_class_of(file);
    if (!class)
        return file || rule == FILE_DELETE ? NO_SUCH_FILE : NO_CURRENT;
    return rule == FILE_READ ? class->read : rule == FILE_WRITE ? class->write : class->delete;
}

sw access_check_facts(enum rule rule, unsigned now)
{
    bool holds = (rules[rule].needs & now) == rules[rule].needs;
    return holds ? SW_OK : (sw){ rules[rule].refusal };
}

sw access_check(const struct call *c)
{
    return access_check_facts(resolve(c), facts(&c->card->session));
}

const char *access_rule_name(enum rule rule)
{
    return rules[rule].name;
}

const char *access_rule_text(enum rule rule)
{
    return rules[rule].text;
}
