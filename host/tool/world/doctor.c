/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm doctor: looks at a machine, and names the one thing to do. A row is a check. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <jansson.h>

#include "base/failure.h"
#include "host/client/reader.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/cli/value.h"
#include "host/tool/tool.h"
#include "host/tool/world/listeners.h"
#include "host/tool/world/probe.h"
#include "host/world/paths.h"

enum verdict { WELL, NOTE, MUST };

/* The result of a check, filled in by its probe. */
struct finding {
    enum verdict verdict;
    char what[1000];  /* one line */
    char advice[900]; /* what to do; empty: nothing */
};

#define SAY(text, ...) snprintf((text), sizeof(text), __VA_ARGS__)

/* --- What a private world needs --- */

static void probe_pcscd_program(struct finding *out)
{
    if (access(PCSCD, X_OK) == 0) {
        SAY(out->what, "pcscd is installed");
        return;
    }
    out->verdict = MUST;
    SAY(out->what, "pcscd is not at %s", PCSCD);
    SAY(out->advice, "apt-get install pcscd");
}

static void probe_driver(struct finding *out)
{
    if (access(VPCD_LIBRARY, R_OK) == 0) {
        SAY(out->what, "the vpcd driver is installed");
        return;
    }
    out->verdict = MUST;
    SAY(out->what, "the vpcd driver is not at %s", VPCD_LIBRARY);
    SAY(out->advice, "apt-get install vsmartcard-vpcd");
}

/* Makes a world of each level, because nothing else tells for certain whether that works. */
static void probe_worlds(struct finding *out)
{
    struct world_reason why_not_1, why_not_2;
    bool level1 = probe_world(1, &why_not_1);
    bool level2 = probe_world(2, &why_not_2);
    SAY(out->what, "glasshsm run: level 1 (with namespaces) %s, level 2 (without) %s%s",
        level1 ? "works" : "does not work",
        level2 ? "works" : "does not work: ", level2 ? "" : why_not_2.sentence);
    out->verdict = level1 ? WELL : level2 ? NOTE : MUST;
    if (!level1)
        SAY(out->advice, "%s", why_not_1.sentence);
}

static void probe_memory_limit(struct finding *out)
{
    enum { ENOUGH = 8 << 20 };
    struct rlimit limit;
    if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0 || limit.rlim_cur >= ENOUGH) {
        SAY(out->what, "secrets can be kept out of the swap");
        return;
    }
    out->verdict = NOTE;
    SAY(out->what, "only %lu KiB of memory may be locked", (unsigned long)limit.rlim_cur / 1024);
    SAY(out->advice, "raise the limit of locked memory: ulimit -l, or LimitMEMLOCK= of the unit");
}

/* --- What a token of the machine's own pcscd needs --- */

static const char services_folder[] = "/run/glasshsm";

/* A note only: `glasshsm run` needs no pcscd of the machine. */
static void say_no_service(struct finding *out)
{
    SAY(out->what, "no pcscd of the machine answers; `glasshsm run` brings its own");
    if (access(services_folder, F_OK) != 0)
        return;
    out->verdict = NOTE;
    SAY(out->advice, "for the tokens that run as services: systemctl start pcscd.socket");
}

static void probe_service(struct finding *out)
{
    SCOPED(reader_service_close) struct reader_service service = { 0 };
    switch (reader_service_open(&service)) {
    case 0:
        SAY(out->what, "pcscd answers");
        return;
    case READER_DENIED:
        out->verdict = MUST;
        SAY(out->what, "polkit forbids this user the use of pcscd");
        SAY(out->advice,
            "allow the actions org.debian.pcsc-lite.access_pcsc and access_card in a "
            "rule below /etc/polkit-1/rules.d, or use `glasshsm run`");
        return;
    default:
        failure_clear();
        say_no_service(out);
    }
}

static void probe_port(struct finding *out, uint16_t port)
{
    struct listeners found = { 0 };
    listeners_read(&found, "/proc/net/tcp", port);
    listeners_read(&found, "/proc/net/tcp6", port);
    SAY(out->what, "port %u: %s", port,
        !found.any       ? "nobody listens, pcscd with vpcd is not running here"
        : found.everyone ? "vpcd listens on all addresses, and asks nobody who they are"
                         : "vpcd listens, on this machine alone");
    if (!found.everyone)
        return;
    out->verdict = NOTE;
    SAY(out->advice,
        "let only this machine in: put systemd/pcscd.service.d/ of Glass HSM below "
        "/etc/systemd/system (a firewall may do so already)");
}

static void probe_first_port(struct finding *out)
{
    probe_port(out, 35963);
}

static void probe_second_port(struct finding *out)
{
    probe_port(out, 35964);
}

static void probe_admin_folder(struct finding *out)
{
    if (access(services_folder, F_OK) != 0) {
        SAY(out->what, "no %s: no token runs as a service here", services_folder);
        return;
    }
    if (access(services_folder, R_OK | X_OK) == 0) {
        SAY(out->what, "%s is readable", services_folder);
        return;
    }
    out->verdict = NOTE;
    SAY(out->what, "%s is not readable: status and log of services are not for this user",
        services_folder);
    SAY(out->advice, "ask as root or as the user glasshsm");
}

/* --- The table --- */

/* Checks on which others depend come first, since the first finding of the worst kind is the advice
 * that is given. */
static const struct check {
    const char *name;
    void (*probe)(struct finding *out);
} checks[] = {
    { "pcscd", probe_pcscd_program }, { "driver", probe_driver },
    { "worlds", probe_worlds },       { "service", probe_service },
    { "port 1", probe_first_port },   { "port 2", probe_second_port },
    { "memory", probe_memory_limit }, { "services", probe_admin_folder },
};

static const char *const verdicts[] = { [WELL] = "well", [NOTE] = "note", [MUST] = "must" };

static json_t *finding_object(const struct check *check, const struct finding *finding)
{
    return json_pack("{s:s,s:s,s:s,s:s}", "check", check->name, "verdict",
                     verdicts[finding->verdict], "what", finding->what, "advice", finding->advice);
}

static void print_text(const struct finding findings[], const struct finding *first)
{
    for (size_t i = 0; i < COUNT_OF(checks); i++)
        text_print(stdout, "%-4s  %-10s  %s\n", verdicts[findings[i].verdict], checks[i].name,
                   findings[i].what);
    if (first->verdict == WELL)
        text_own(stdout, "\nThis machine is well: nothing needs to be done.\n");
    else
        text_print(stdout, "\n%s: %s\n",
                   first->verdict == MUST ? "Do this first" : "If you do one thing", first->advice);
}

static void print_json(const struct finding findings[], const struct finding *first)
{
    json_t *list = json_array();
    for (size_t i = 0; i < COUNT_OF(checks); i++)
        json_array_append_new(list, finding_object(&checks[i], &findings[i]));
    value_print(json_pack("{s:o,s:s}", "checks", list, "do", first->advice));
}

struct doctor_options {
    bool as_json;
};

static int run(struct command_line *command)
{
    const struct doctor_options *options = command->options;
    struct finding findings[COUNT_OF(checks)] = { 0 };
    const struct finding *first = findings;
    for (size_t i = 0; i < COUNT_OF(checks); i++) {
        checks[i].probe(&findings[i]);
        if (findings[i].verdict > first->verdict)
            first = &findings[i];
    }
    (options->as_json ? print_json : print_text)(findings, first);
    return first->verdict == MUST ? TOOL_UNWELL : TOOL_DONE;
}

static const struct option_row rows[] = {
    { "json", NULL, "print JSON", INTO_FLAG(struct doctor_options, as_json) },
    OPTIONS_END,
};

static const struct verb verb = {
    .help =
        "Looks at what a token needs of this machine and names the one thing to do first; "
        "changes nothing, but makes a private world of each level to see whether it works. "
        "`must` stands before what prevents something, `note` before what is worth knowing.\n"
        "Exit status 50 when something must be done.",
    .size = sizeof(struct doctor_options),
    .options = { { rows, 0 } },
    .run = run,
};
const struct family doctor_family = { "doctor",
                                      "look at this machine, and name the one thing to do", NULL,
                                      &verb, 1 };
