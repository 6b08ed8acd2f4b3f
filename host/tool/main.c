/* glasshsm: the command-line tool. A row is a subcommand; the usage is printed from the rows. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/tool/cli/complain.h"
#include "host/tool/cli/completion.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/tool.h"

static int tool_help(int count, char **arguments);
static int tool_version(int count, char **arguments);
static int tool_completion(int count, char **arguments);

static const struct subcommand subcommands[] = {
    { "run", tool_run, "run a command with a token in a private reader" },
    { "status", tool_status, "show what a token's daemon is doing" },
    { "token", tool_token, "show, initialise or label a token in a reader", "info init label" },
    { "pin", tool_pin, "change or unblock a token's PIN", "change unblock" },
    { "key", tool_key, "list the keys on a token; generate, wrap and unwrap one",
      "list generate wrap unwrap" },
    { "dkek", tool_dkek, "make and import shares of the secret that keys leave under",
      "create import status" },
    { "domain", tool_domain, "create, clear and delete key domains; groups that share one",
      "create clear delete member join exchange" },
    { "pka", tool_pka, "custodians of a token: register them, let them log in together",
      "status export register login" },
    { "object", tool_object, "list, read, write and delete certificates and data on a token",
      "list read write delete" },
    { "log", tool_log, "show, keep, verify and acknowledge the audit log of a token",
      "show snapshot receipt proof verify note acknowledge policy" },
    { "events", tool_events, "follow the log of a token" },
    { "doctor", tool_doctor, "look at this machine, and name the one thing to do" },
    { "attest", tool_attest, "verify from files that a key was generated in a device", "verify" },
    { "ca", tool_ca, "make roots for tokens, and have foreign ones trusted",
      "create export trust distrust list" },
    { "conform", tool_conform, "compare any card in a reader with what is known of the hardware" },
    { "store", tool_store, "make, check, copy and destroy the stores of tokens",
      "create verify list unlock-source strict rekey snapshot restore clone destroy" },
    { "cancel", tool_cancel, "stop the long command that a token is busy with" },
    { "completion", tool_completion, "print completion of these words for a shell",
      "bash zsh fish" },
    { "version", tool_version, "print the version; --json too" },
    { "help", tool_help, "print this list; `help exits`: the exit statuses, --json too", "exits" },
};

static const char completion_usage[] =
    "Usage: glasshsm completion bash\n"
    "       glasshsm completion zsh\n"
    "       glasshsm completion fish\n"
    "\n"
    "Prints a script for the shell, to be read when it starts:\n"
    "bash and zsh: eval \"$(glasshsm completion bash)\", or zsh (after compinit);\n"
    "fish: glasshsm completion fish | source\n";

static void print_usage(FILE *to)
{
    text_own(to, "Usage: glasshsm SUBCOMMAND [OPTIONS]\n\n");
    for (size_t i = 0; i < COUNT_OF(subcommands); i++)
        text_print(to, "  %-10s  %s\n", subcommands[i].name, subcommands[i].description);
    text_own(to, "\n`glasshsm SUBCOMMAND --help` explains one of them.\n");
}

/* Reads *out, whether --json was given; false if anything else follows the first `words`
 * arguments. */
static bool read_json(int count, char **arguments, int words, bool *out)
{
    *out = count == words + 1 && strcmp(arguments[words], "--json") == 0;
    return *out || count == words;
}

static int tool_help(int count, char **arguments)
{
    bool exits = count > 1 && strcmp(arguments[1], "exits") == 0, as_json = false;
    if (exits && read_json(count, arguments, 2, &as_json))
        tool_print_exits(as_json);
    else if (count == 1)
        print_usage(stdout);
    else {
        print_usage(stderr);
        return TOOL_USAGE;
    }
    return TOOL_DONE;
}

static int tool_completion(int count, char **arguments)
{
    if (count != 2)
        return tool_misused(completion_usage);
    if (strcmp(arguments[1], "--help") == 0)
        return text_own(stdout, completion_usage) ? TOOL_DONE : TOOL_FAILED;
    return completion_print(arguments[1], subcommands, COUNT_OF(subcommands))
               ? TOOL_DONE
               : tool_misused(completion_usage);
}

static int tool_version(int count, char **arguments)
{
    bool as_json;
    if (!read_json(count, arguments, 1, &as_json)) {
        print_usage(stderr);
        return TOOL_USAGE;
    }
    if (as_json)
        text_own(stdout, "{\"version\":\"" GLASSHSM_VERSION "\"}\n");
    else
        text_own(stdout, "glasshsm " GLASSHSM_VERSION "\n");
    return TOOL_DONE;
}

/* Opens standard streams that the caller closed, so that no socket of ours gets their number. A
 * command that is run finds them closed, as it would without us. */
static void fill_streams(void)
{
    int fd = 0;
    while (fd >= 0 && fd <= STDERR_FILENO)
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd < 0)
        _exit(TOOL_FAILED); /* there may be no stream to complain on */
    close(fd);
}

/* The exit status, which is a failure if the output could not be written. A closed pipe is no
 * failure: its reader closed it. */
static int output_status(int status)
{
    bool flushed = fflush(stdout) == 0, unwanted = !flushed && errno == EPIPE;
    if (flushed && !ferror(stdout))
        return status;
    if (!unwanted)
        tool_complain(0, "the output cannot be written");
    return status ? status : TOOL_FAILED;
}

int main(int count, char **arguments)
{
    fill_streams();
    if (count < 2) {
        print_usage(stderr);
        return TOOL_USAGE;
    }
    const char *name = strcmp(arguments[1], "-h") == 0       ? "help"
                       : strncmp(arguments[1], "--", 2) == 0 ? arguments[1] + 2
                                                             : arguments[1];
    for (size_t i = 0; i < COUNT_OF(subcommands); i++)
        if (strcmp(name, subcommands[i].name) == 0)
            return output_status(subcommands[i].run(count - 1, arguments + 1));
    print_usage(stderr);
    return tool_complain(TOOL_USAGE, "no subcommand %s", arguments[1]);
}
