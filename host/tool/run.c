/* glasshsm run: a command with a token in a private reader. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/failure.h"
#include "formats/note.h"
#include "host/namespaces.h"
#include "host/tool/guard.h"
#include "host/tool/place.h"
#include "host/tool/tool.h"
#include "host/world.h"

static const char usage[] =
    "Usage: glasshsm run [OPTIONS] [--] COMMAND [ARGUMENT...]\n"
    "\n"
    "Runs COMMAND with a token in a private reader that nobody else sees, and ends with its exit\n"
    "status. COMMAND finds the reader by PCSCLITE_CSOCK_NAME, as all PC/SC programs do.\n"
    "\n"
    "  --ephemeral   a new token in memory (the default): user PIN 648219,\n"
    "                SO-PIN 3537363231383830\n"
    "  --store DIR   the token in this folder; a new one when it is empty or does not exist;\n"
    "                again for a further token\n"
    "  --passphrase-file FILE   ... which the passphrase in the first line of FILE unlocks\n"
    "  --tokens N    so many tokens, at most 16, each in a reader of its own; those without a\n"
    "                --store are in memory\n"
    "  --no-network  COMMAND sees no network but a loopback interface of its own\n"
    "  -v            say how long each step of the start took\n"
    "\n"
    "$GLASSHSM_SOCKET is the admin socket of the first token; in its folder are admin-2.sock,\n"
    "admin-3.sock and so on of the others.\n"
    "\n"
    "Exit status: that of COMMAND, 128 + n when signal n ended it, 125 when there is no token to\n"
    "run it with, 126 when it is not executable, 127 when it does not exist.\n";

struct run {
    struct world_request request;
    struct world world;
    bool verbose, no_network;
};

static void say_why(const struct world_reason *reason)
{
    if (reason->messages[0])
        fprintf(stderr, "%s%s", reason->messages,
                reason->messages[strlen(reason->messages) - 1] == '\n' ? "" : "\n");
    tool_complain(0, "%s", reason->sentence);
}

static void say_how_long(const struct world *world)
{
    static const char *const steps[WORLD_STEPS] = {
        [WORLD_FOLDER] = "private folder and socket",
        [WORLD_NAMESPACES] = "namespaces, user ids mapped",
        [WORLD_DAEMON] = "glasshsmd serves",
        [WORLD_SERVICE] = "pcscd serves",
        [WORLD_CARD] = "pcscd has noticed the card",
        [WORLD_ANSWER] = "the card answers",
    };
    uint64_t before = 0;
    for (size_t i = 0; i < WORLD_STEPS; i++) {
        uint64_t at = world->reached_us[i];
        fprintf(stderr, "glasshsm: %6.1f ms  +%5.1f ms  %s\n", (double)at / 1000,
                (double)(at - before) / 1000, steps[i]);
        before = at;
    }
}

static int prepare(void *context, int link)
{
    struct run *run = context;
    struct world_reason reason;
    run->request.give_up = link;
    int result = world_start(&run->request, &run->world, &reason);
    if (result == WORLD_GIVEN_UP)
        return TOOL_NO_WORLD;
    if (result) {
        say_why(&reason);
        return TOOL_NO_WORLD;
    }
    if (run->verbose)
        say_how_long(&run->world);
    setenv("GLASSHSM_SOCKET", run->world.admin, true);
    return 0;
}

static int enter(void *context)
{
    const struct run *run = context;
    if (!run->no_network || namespaces_join_network(run->world.first))
        return 0;
    return tool_complain(TOOL_NO_WORLD, "cannot enter the private network: %s", strerror(errno));
}

static void child_ended(void *context, int pid, int wait_status)
{
    struct run *run = context;
    struct world_reason reason;
    if (pid != run->world.first)
        return;
    run->world.first = 0;
    world_explain(&run->world, wait_status, &reason);
    say_why(&reason);
}

static void finish(void *context)
{
    struct run *run = context;
    world_end(&run->world);
}

/* The daemon that was built or installed with this tool, else the one in PATH. */
static bool find_daemon(char out_path[PATH_MAX])
{
    ssize_t size = readlink("/proc/self/exe", out_path, PATH_MAX - 16);
    if (size > 0) {
        out_path[size] = '\0';
        char *name = strrchr(out_path, '/') + 1;
        snprintf(name, PATH_MAX - (size_t)(name - out_path), "glasshsmd");
        if (access(out_path, X_OK) == 0)
            return true;
    }
    const char *path = getenv("PATH");
    for (const char *at = path ? path : ""; *at; at += strspn(at, ":")) {
        int length = (int)strcspn(at, ":");
        snprintf(out_path, PATH_MAX, "%.*s/glasshsmd", length, at);
        if (access(out_path, X_OK) == 0)
            return true;
        at += length;
    }
    return false;
}

static const struct option options[] = {
    { "ephemeral", no_argument, NULL, 'e' },
    { "store", required_argument, NULL, 's' },
    { "passphrase-file", required_argument, NULL, 'p' },
    { "tokens", required_argument, NULL, 't' },
    { "no-network", no_argument, NULL, 'n' },
    { "verbose", no_argument, NULL, 'v' },
    { "help", no_argument, NULL, 'h' },
    { 0 },
};

/* Folders and --tokens together say how many tokens there are. */
static bool count_tokens(struct world_request *request, unsigned stores, unsigned tokens)
{
    unsigned wanted = tokens ? tokens : stores ? stores : 1;
    request->tokens = wanted;
    return wanted >= stores && wanted <= WORLD_TOKENS_MAX;
}

static void forget_stores(struct world_request *request, unsigned *stores)
{
    memset(request->stores, 0, sizeof request->stores);
    *stores = 0;
}

static unsigned number_of(const char *text)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);
    return *text >= '1' && *text <= '9' && !*end && number <= WORLD_TOKENS_MAX ? (unsigned)number
                                                                               : UINT_MAX;
}

/* Negative: go on. Else the exit status. */
static int read_options(int count, char **arguments, struct run *run)
{
    unsigned stores = 0, tokens = 0;
    for (int option; (option = getopt_long(count, arguments, "+vh", options, NULL)) != -1;) {
        if (option == 'h')
            return fputs(usage, stdout) < 0 ? TOOL_FAILED : TOOL_DONE;
        if (option == '?')
            return tool_misused(usage);
        if (option == 'v')
            run->verbose = true;
        if (option == 'n')
            run->no_network = true;
        if (option == 'p')
            run->request.passphrase_file = optarg;
        if (option == 't')
            tokens = number_of(optarg);
        if (option == 'e')
            forget_stores(&run->request, &stores);
        if (option == 's' && stores++ < WORLD_TOKENS_MAX)
            run->request.stores[stores - 1] = optarg;
    }
    bool clear = count_tokens(&run->request, stores, tokens);
    return clear && optind < count ? -1 : tool_misused(usage);
}

/* `run --store` is the one place that makes a store without being told to. */
static int provide_store(const char *folder, const char *passphrase_file)
{
    const struct tool_place place = { .folder = folder, .passphrase_file = passphrase_file };
    if (!folder || !tool_place_is_free(folder))
        return 0;
    uint8_t bytes[RECEIPT_MAX];
    struct writer receipt = WRITER_OF(bytes); /* can be had later: glasshsm log receipt */
    if (tool_place_create_token(&place, &receipt))
        return TOOL_NO_WORLD;
    tool_complain(0, "made a new token in %s; it is not initialised yet", folder);
    return 0;
}

int tool_run(int count, char **arguments)
{
    struct run run = { 0 };
    char daemon[PATH_MAX];
    int status = read_options(count, arguments, &run);
    if (status >= 0)
        return status;
    if (!find_daemon(daemon))
        return tool_complain(TOOL_NO_WORLD, "glasshsmd is neither beside glasshsm nor in PATH");
    run.request.daemon = daemon;
    for (unsigned i = 0; i < run.request.tokens; i++)
        if (provide_store(run.request.stores[i], run.request.passphrase_file))
            return TOOL_NO_WORLD;
    return guard_run(&(struct guarded){ .prepare = prepare,
                                        .enter = enter,
                                        .child_ended = child_ended,
                                        .finish = finish,
                                        .context = &run,
                                        .command = arguments + optind });
}
