/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm run: a command with a token in a private reader. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/failure.h"
#include "formats/checkpoint.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/cli/usage.h"
#include "host/tool/store/place.h"
#include "host/tool/tool.h"
#include "host/tool/world/guard.h"
#include "host/tool/world/new_tokens.h"
#include "host/tool/world/probe.h"
#include "host/world/namespaces.h"
#include "host/world/world.h"
#include "host/world/world_folder.h"

struct run_options {
    bool verbose, quiet, as_json, no_network, create, init;
    int tokens; /* 0: not said */
    const char *passphrase_file, *authority, *capacity, *level, *log_folder;
    struct stores {
        const char *at[WORLD_TOKENS_MAX];
        unsigned count;
    } stores;
    struct new_token_options new_tokens;
};

struct run {
    struct world_request request;
    struct world world;
    bool verbose, quiet, as_json, no_network, create, init;
    char kept_log[PATH_MAX];
    const struct new_token_options *new_tokens;
};

/* Prints the lines that begin with these words; "": all. Tells whether there were any. */
static bool print_lines(const char *messages, const char *beginning)
{
    bool any = false;
    for (const char *line = messages; *line;) {
        size_t size = strcspn(line, "\n");
        if (strncmp(line, beginning, strlen(beginning)) == 0) {
            text_lines(stderr, span_of(line, size));
            text_own(stderr, "\n");
            any = true;
        }
        line += size + (line[size] == '\n');
    }
    return any;
}

/* A sentence of the daemon's is the cause, and all there is to say. What else it and pcscd wrote is
 * for those who ask. */
static void say_why(const struct run *run, const struct world_reason *reason)
{
    bool told = print_lines(reason->messages, run->verbose ? "" : "glasshsmd: ");
    if (told && !run->verbose && reason->refused)
        return;
    /* Printed on its own, because it is longer than a field of a message may be. */
    text_own(stderr, "glasshsm: ");
    text_lines(stderr, span_of_text(reason->sentence));
    if (!run->verbose && reason->messages[0])
        text_own(stderr, "; run -v shows what pcscd and glasshsmd wrote");
    text_own(stderr, "\n");
}

static const struct {
    const char *name, *text;
} steps[WORLD_STEPS] = {
    [WORLD_FOLDER] = { "folder", "private folder and socket" },
    [WORLD_FIRST] = { "first", "its first process" },
    [WORLD_DAEMON] = { "daemon", "glasshsmd serves" },
    [WORLD_SERVICE] = { "service", "pcscd serves" },
    [WORLD_CARD] = { "card", "pcscd has noticed the card" },
    [WORLD_ANSWER] = { "answer", "the card answers" },
};

static void say_how_long(const struct world *world)
{
    uint64_t before = 0;
    for (size_t i = 0; i < WORLD_STEPS; i++) {
        uint64_t at = world->reached_us[i];
        uint64_t tenths = at / 100, more = (at - before) / 100;
        text_print(stderr, "glasshsm: %4" PRIu64 ".%u ms  +%3" PRIu64 ".%u ms  %s\n", tenths / 10,
                   (unsigned)(tenths % 10), more / 10, (unsigned)(more % 10), steps[i].text);
        before = at;
    }
}

static void say_level(const struct world *world)
{
    const char *why = world->level1_forbidden;
    tool_complain(0, "level %u, %s%s%s", world->level,
                  world->level == 1 ? "in namespaces" : "without namespaces", *why ? ": " : "",
                  why);
}

static void say_in_json(const struct world *world)
{
    json_t *reached = json_object();
    for (size_t i = 0; i < WORLD_STEPS; i++)
        json_object_set_new(reached, steps[i].name, json_integer((json_int_t)world->reached_us[i]));
    const char *why = world->level1_forbidden;
    json_t *all = json_pack("{s:i,s:i,s:s?,s:o}", "level", (int)world->level, "port",
                            world->level == 1 ? 0 : (int)world->port, "why_not_level_1",
                            *why ? why : NULL, "reached_us", reached);
    text_json(stderr, all);
    json_decref(all);
}

static void warn_of_port(const struct world *world)
{
    if (world->level == 2)
        tool_complain(0,
                      "the private reader listens on port %u of all addresses while the command "
                      "runs: whoever reaches it can be the card; -v says why",
                      world->port);
}

static void say_what_it_is(const struct run *run)
{
    if (run->as_json) {
        say_in_json(&run->world);
        return;
    }
    if (!run->quiet)
        warn_of_port(&run->world);
    if (!run->verbose)
        return;
    say_level(&run->world);
    say_how_long(&run->world);
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
        say_why(run, &reason);
        if (run->no_network && !reason.refused)
            tool_complain(0, "--no-network works with namespaces only");
        return reason.refused ? reason.refused : TOOL_NO_WORLD;
    }
    setenv("PCSCLITE_CSOCK_NAME", run->world.socket, true);
    setenv("GLASSHSM_SOCKET", run->world.admin, true);
    if (!new_tokens_furnish(run->new_tokens, run->request.tokens)) {
        world_end(&run->world);
        return TOOL_NO_WORLD;
    }
    say_what_it_is(run);
    return 0;
}

static int enter(void *context)
{
    const struct run *run = context;
    if (!run->no_network || namespaces_join_network(run->world.first))
        return 0;
    return tool_complain(TOOL_NO_WORLD, "cannot enter the private network: %s", strerror(errno));
}

static bool child_ended(void *context, int pid, int wait_status)
{
    struct run *run = context;
    struct world_reason reason;
    if (pid != run->world.first)
        return false;
    run->world.first = 0;
    world_explain(&run->world, wait_status, &reason);
    say_why(run, &reason);
    return true;
}

static void abandoned(void *context)
{
    const struct run *run = context;
    world_remove_folder(run->request.folder);
}

static void finish(void *context)
{
    struct run *run = context;
    world_end(&run->world);
}

/* --- Options --- */

static const char *add_store(const char *folder, void *to)
{
    struct stores *stores = to;
    if (stores->count == WORLD_TOKENS_MAX)
        return "at most 16 tokens";
    stores->at[stores->count++] = folder;
    return NULL;
}

/* An earlier --store does not count when --ephemeral follows. */
static const char *forget_stores(const char *unused, void *to)
{
    (void)unused;
    *(struct stores *)to = (struct stores){ .count = 0 };
    return NULL;
}

static const struct option_row rows[] = {
    { "ephemeral", NULL,
      "a new token in memory (the default): user PIN 648219, SO-PIN 3537363231383830",
      INTO(struct run_options, stores, forget_stores), .many = true },
    { "store", "DIR", "the token in this folder; may be given once for each token",
      INTO(struct run_options, stores, add_store), .many = true },
    { "create", NULL,
      "make a new token in each of these folders that is empty or does not exist; without "
      "--init it has no PINs yet: `glasshsm token init` sets them",
      INTO_FLAG(struct run_options, create) },
    { "init", NULL,
      "make a token in a folder ready to use if nobody has initialised it yet, with the PINs of "
      "one in memory; any other stays as it is",
      INTO_FLAG(struct run_options, init) },
    { "passphrase-file", "FILE", "the first line of FILE is the passphrase that unlocks the stores",
      INTO_TEXT(struct run_options, passphrase_file) },
    { "tokens", "N",
      "run N tokens, at most 16, each in a reader of its own; those without a --store are in "
      "memory",
      INTO_NUMBER(struct run_options, tokens, 1, WORLD_TOKENS_MAX, 0) },
    { "ca", "DIR",
      "certify new tokens under the root in this folder (`glasshsm ca create`); default: one root "
      "for all tokens in memory, which therefore trust each other, and a root of its own for each "
      "token in a folder",
      INTO_TEXT(struct run_options, authority) },
    { "capacity", "BYTES",
      "room of each token for keys and files; `hardware`: 76 KB, as the real token has; default: "
      "no limit",
      INTO_TEXT(struct run_options, capacity) },
    { "level", "1|2",
      "how the world is kept apart from the machine: 1, by namespaces; 2, by a private socket "
      "alone, with the reader's port open on all addresses of this machine; default: 1, or 2 where "
      "namespaces are forbidden",
      INTO_CHOICE(struct run_options, level) },
    { "no-network", NULL,
      "COMMAND sees no network but a loopback interface of its own; level 1 only",
      INTO_FLAG(struct run_options, no_network) },
    { "verbose", NULL,
      "say which level it is, and how long each step of the start took; and where it fails, all "
      "that pcscd and daemon wrote",
      INTO_FLAG(struct run_options, verbose), .letter = 'v' },
    { "quiet", NULL, "no warning in level 2 that the reader's port is open",
      INTO_FLAG(struct run_options, quiet), .letter = 'q' },
    { "keep-logs", "DIR",
      "keep what pcscd and the tokens write in DIR/messages (the last 256 KiB), which is begun "
      "anew",
      INTO_TEXT(struct run_options, log_folder) },
    { "json", NULL,
      "... in one line of JSON, before COMMAND writes anything: level, port (0 when it exists in "
      "the "
      "world only), why_not_level_1, and reached_us of each step",
      INTO_FLAG(struct run_options, as_json) },
    OPTIONS_END,
};

/* Names the file that keeps the messages. Negative: go on; else the exit status. */
static int place_log(struct run *run, const char *folder)
{
    char here[PATH_MAX] = "";
    if (!folder)
        return -1;
    if (*folder != '/' && !getcwd(here, sizeof here))
        return tool_complain(TOOL_NO_WORLD, "the current folder: %s", strerror(errno));
    int size = snprintf(run->kept_log, sizeof run->kept_log, "%s%s%s/messages", here,
                        *here ? "/" : "", folder);
    if (size >= (int)sizeof run->kept_log)
        return tool_complain(TOOL_NO_WORLD, "--keep-logs: the path is too long");
    run->request.log_folder = folder;
    run->request.kept_log = run->kept_log;
    return -1;
}

/* Checks what the options say together, and takes them over. Negative: go on; else the exit
 * status. */
static int take_options(const struct command_line *command, struct run *run)
{
    const struct run_options *options = command->options;
    unsigned stores = options->stores.count, level = options->level ? *options->level - '0' : 0;
    unsigned tokens = options->tokens ? (unsigned)options->tokens : stores ? stores : 1;
    if (!command->rest[0])
        return usage_wrong(command, "COMMAND is missing");
    if (tokens < stores)
        return usage_wrong(command, "--tokens %u: there are %u --store", tokens, stores);
    if (options->passphrase_file && !stores)
        return usage_wrong(command, "--passphrase-file: it unlocks a --store, and there is none");
    if ((options->create || options->init) && !stores)
        return usage_wrong(command, "--%s is for a --store; a token in memory is new and ready",
                           options->create ? "create" : "init");
    if (options->no_network && level == 2)
        return usage_wrong(command,
                           "--no-network needs a network namespace: it works in level 1 "
                           "only");
    if (stores && new_tokens_wanted(&options->new_tokens))
        return usage_wrong(command,
                           "--label and --key are for tokens in memory, not for a --store");
    run->new_tokens = &options->new_tokens;
    run->request.tokens = tokens;
    run->request.level = options->no_network ? 1 : level;
    run->request.passphrase_file = options->passphrase_file;
    run->request.authority = options->authority;
    run->request.capacity = options->capacity;
    memcpy(run->request.stores, options->stores.at, sizeof options->stores.at);
    run->verbose = options->verbose;
    run->quiet = options->quiet;
    run->as_json = options->as_json;
    run->no_network = options->no_network;
    run->create = options->create;
    run->init = options->init;
    return place_log(run, options->log_folder);
}

static int create_store(const struct tool_place *place)
{
    uint8_t bytes[RECEIPT_MAX];
    struct writer receipt = WRITER_OF(bytes); /* not kept: `glasshsm log receipt` gives it later */
    int status = tool_place_create_token(place, &receipt);
    if (status)
        return status == TOOL_FAILED ? TOOL_NO_WORLD : status;
    if (place->ready)
        tool_complain(0, "made a new token in %s, with the user PIN %s and the SO-PIN %s",
                      place->folder, FIRST_PIN, FIRST_SO_PIN);
    else
        tool_complain(0, "made a new token in %s; next: glasshsm token init --yes", place->folder);
    return 0;
}

static int make_ready(const struct tool_place *place)
{
    bool done;
    int status = tool_place_make_ready(place, &done);
    if (!status && done)
        tool_complain(0, "initialised the token in %s: user PIN %s, SO-PIN %s", place->folder,
                      FIRST_PIN, FIRST_SO_PIN);
    return status == TOOL_FAILED ? TOOL_NO_WORLD : status;
}

/* A store is made where the caller says so: a mistyped name would else begin another token. */
static int provide_store(const char *folder, const struct run *run)
{
    const struct tool_place place = { .folder = folder,
                                      .passphrase_file = run->request.passphrase_file,
                                      .authority = run->request.authority,
                                      .ready = run->init,
                                      .wishes = { .shares = -1 } };
    if (!folder)
        return 0;
    if (!tool_place_is_free(folder))
        return run->init ? make_ready(&place) : 0;
    return run->create
               ? create_store(&place)
               : tool_complain(TOOL_NO_STORE,
                               "there is no token in %s; --create makes a new one there", folder);
}

static int make_authority(const char *folder)
{
    if (tool_place_prepare() || tool_authority_make(folder))
        return failure(FAULT_LIBRARY, "no root certificate can be made for its tokens");
    return 0;
}

/* Makes a root for the world's tokens, so that they trust each other. A single token needs none: it
 * makes a root of its own, as one in a folder does. */
static void found_authority(struct world_request *request)
{
    unsigned in_memory = 0;
    for (unsigned i = 0; i < request->tokens; i++)
        in_memory += !request->stores[i];
    if (in_memory < 2 || request->authority)
        return;
    request->authority = request->folder;
    request->furnish = make_authority;
}

static int run_world(struct command_line *command)
{
    struct run run = { 0 };
    char daemon[PATH_MAX], folder[WORLD_PATH_SIZE];
    int status = take_options(command, &run);
    if (status >= 0)
        return status;
    if (!tool_find_daemon(daemon))
        return tool_complain(TOOL_NO_WORLD, "%s", tool_no_daemon);
    run.request.daemon = daemon;
    for (unsigned i = 0; i < run.request.tokens; i++) {
        status = provide_store(run.request.stores[i], &run);
        if (status)
            return status;
    }
    if (world_name_folder(folder))
        return tool_complain(TOOL_NO_WORLD, "%s", failure_last()->cause);
    run.request.folder = folder;
    found_authority(&run.request);
    return guard_run(&(struct guarded){ .prepare = prepare,
                                        .enter = enter,
                                        .child_ended = child_ended,
                                        .finish = finish,
                                        .abandoned = abandoned,
                                        .context = &run,
                                        .command = command->rest });
}

static const struct verb verb = {
    .operands = "[--] COMMAND [ARGUMENT...]",
    .help =
        "Runs COMMAND with a token in a private reader that nobody else sees, and ends with its "
        "exit status. COMMAND finds the reader by PCSCLITE_CSOCK_NAME, as all PC/SC programs do.",
    .size = sizeof(struct run_options),
    .options = { { rows, 0 }, { new_token_rows, offsetof(struct run_options, new_tokens) } },
    .stops = true,
    .run = run_world,
};
const struct family run_family = {
    "run", "run a command with a token in a private reader",
    "$GLASSHSM_SOCKET is the admin socket of the first token; in its folder are admin-2.sock, "
    "admin-3.sock and so on of the others.\n\n"
    "When pcscd or a token ends by itself, COMMAND is asked to end, and killed after a second. "
    "What "
    "it leaves running is ended with it.\n\n"
    "Exit status: that of COMMAND, 128 + n when signal n ended it, 10 to 23 when the token's "
    "store "
    "or settings were refused (`glasshsm help exits`), 125 when there is no token to run it with "
    "for another reason, or none any more, 126 when it is not executable, 127 when it does not "
    "exist.",
    &verb, 1
};
