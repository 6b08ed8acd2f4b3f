/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of this program do it, each in a process of its own: the PC/SC library waits without
 * end for a pcscd that hangs, and this process shall be the parent of the command. */
#include "host/tool/world/new_tokens.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/scope.h"
#include "host/tool/cli/complain.h"
#include "host/tool/store/first_init.h"
#include "host/world/environment.h"
#include "host/world/world.h"
#include "host/world/world_readers.h"

enum { TYPE_MAX = 40, NUMBER_MAX = 8 };

/* --- Options --- */

/* The parts of TYPE:KEY:LABEL. */
struct key_wish {
    char type[TYPE_MAX], number[NUMBER_MAX];
    const char *label; /* NULL: none */
};

/* How long the type is, which may have a colon of its own: rsa:2048. */
static size_t type_length(const char *text)
{
    static const char *const families[] = { "rsa:", "ec:" };
    for (size_t i = 0; i < COUNT_OF(families); i++)
        if (strncasecmp(text, families[i], strlen(families[i])) == 0)
            return strlen(families[i]) + strcspn(text + strlen(families[i]), ":");
    return strcspn(text, ":");
}

static bool split(const char *text, struct key_wish *out)
{
    size_t type = type_length(text);
    if (type == 0 || type >= TYPE_MAX || text[type] != ':')
        return false;
    const char *number = text + type + 1;
    size_t digits = strcspn(number, ":");
    if (digits == 0 || digits >= NUMBER_MAX)
        return false;
    snprintf(out->type, sizeof out->type, "%.*s", (int)type, text);
    snprintf(out->number, sizeof out->number, "%.*s", (int)digits, number);
    out->label = number[digits] ? number + digits + 1 : NULL;
    return true;
}

static const char *add_key(const char *text, void *to)
{
    struct new_token_keys *keys = to;
    struct key_wish unused;
    if (!split(text, &unused))
        return "a key is TYPE:KEY:LABEL, as rsa:2048:10:RSA or P-256:11";
    if (keys->count == NEW_TOKEN_KEYS)
        return "at most 32 keys";
    keys->at[keys->count++] = text;
    return NULL;
}

const struct option_row new_token_rows[] = {
    { "label", "TEXT", "the new tokens in memory have this label",
      INTO_TEXT(struct new_token_options, label) },
    { "key", "TYPE:KEY:LABEL",
      "make this key on the new tokens in memory before COMMAND starts, as rsa:2048:10:RSA or "
      "P-256:11; again for more keys; TYPE and KEY as in `key generate`",
      INTO(struct new_token_options, keys, add_key), .many = true },
    OPTIONS_END,
};

bool new_tokens_wanted(const struct new_token_options *options)
{
    return options->label || options->keys.count;
}

/* --- Doing it --- */

_Noreturn static void become_tool(char *const arguments[])
{
    char socket[WORLD_PATH_SIZE];
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    snprintf(socket, sizeof socket, "%s", getenv("PCSCLITE_CSOCK_NAME"));
    environment_clean();
    setenv("PCSCLITE_CSOCK_NAME", socket, true);
    setenv("NEW_TOKEN_PIN", FIRST_PIN, true);
    execv("/proc/self/exe", arguments);
    tool_complain(0, "cannot run glasshsm again: %s", strerror(errno));
    _exit(TOOL_FAILED);
}

static bool run_tool(char *const arguments[])
{
    int status = -1;
    pid_t child = fork();
    if (child == 0)
        become_tool(arguments);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return child > 0 && status == 0;
}

static bool give_label(const char *label, const char *reader)
{
    char *const arguments[] = { "glasshsm",    "token",        "label",
                                (char *)label, "--pin-env",    "NEW_TOKEN_PIN",
                                "--reader",    (char *)reader, NULL };
    return run_tool(arguments) ||
           tool_complain(0, "--label %s: the token was not given its label", label);
}

static bool make_key(const char *text, const char *reader)
{
    struct key_wish wish;
    if (!split(text, &wish))
        return false;
    char *const arguments[] = { "glasshsm",         "key",
                                "generate",         wish.type,
                                wish.number,        "--pin-env",
                                "NEW_TOKEN_PIN",    "--reader",
                                (char *)reader,     wish.label ? "--label" : NULL,
                                (char *)wish.label, NULL };
    return run_tool(arguments) || tool_complain(0, "--key %s: the key was not made", text);
}

static bool furnish(const struct new_token_options *options, const char *reader)
{
    if (options->label && !give_label(options->label, reader))
        return false;
    for (unsigned i = 0; i < options->keys.count; i++)
        if (!make_key(options->keys.at[i], reader))
            return false;
    return true;
}

bool new_tokens_furnish(const struct new_token_options *options, unsigned tokens)
{
    char reader[READER_NAME_SIZE];
    for (unsigned i = 0; i < tokens; i++) {
        world_name_reader(tokens, i, reader);
        if (!furnish(options, reader))
            return false;
    }
    return true;
}
