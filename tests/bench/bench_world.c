/* SPDX-License-Identifier: Apache-2.0 */
/* What `glasshsm run` costs: its start, and the daemon that then waits behind the reader.
 *
 *     bench_world GLASSHSMD           start and memory
 *     bench_world GLASSHSMD SECONDS   what it does in that time while nobody asks anything */
#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "tests/bench/bench.h"
#include "tests/bench/bench_token.h"
#include "tests/bench/canned_card.h"
#include "tests/bench/private_world.h"
#include "tests/bench/scratch.h"

enum { STARTS = 15, SETTLE_MS = 2000 };

/* --- Start --- */

static const struct {
    enum world_step step;
    const char *what;
    bool waits_for_pcscd;
} steps[] = {
    { WORLD_FOLDER, "  private folder and socket", false },
    { WORLD_FIRST, "  its first process", false },
    { WORLD_DAEMON, "  glasshsmd serves, while pcscd starts beside it", false },
    { WORLD_SERVICE, "  pcscd serves", true },
    { WORLD_CARD, "  pcscd has noticed the card", true },
    { WORLD_ANSWER, "  the card answers", false },
};

/* Milliseconds, of each step and together. */
struct starts {
    double total[STARTS], ours[STARTS], step[COUNT_OF(steps)][STARTS];
};

/* One of them. */
struct start {
    const char *daemon;
    struct starts *starts; /* in shared memory */
    unsigned level;
    size_t number;
};

static void measure_start(void *context)
{
    struct start *start = context;
    struct starts *starts = start->starts;
    size_t i = start->number;
    struct world world;
    uint64_t before = 0;
    private_world_start_level(start->daemon, NULL, start->level, &world);
    for (size_t k = 0; k < COUNT_OF(steps); k++) {
        uint64_t at = world.reached_us[steps[k].step];
        starts->step[k][i] = (double)(at - before) / 1000;
        starts->ours[i] += steps[k].waits_for_pcscd ? 0 : starts->step[k][i];
        before = at;
    }
    starts->total[i] = (double)before / 1000;
    world_end(&world);
}

static void tell_starts(struct starts *starts, unsigned level)
{
    bench_heading(level == 1 ? "Start of glasshsm run, level 1, medians, ms"
                             : "Start of glasshsm run, level 2, medians, ms");
    bench_tell("glasshsm run --ephemeral, all of it", "ms", bench_median(starts->total, STARTS), 0);
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        bench_tell(steps[i].what, "ms", bench_median(starts->step[i], STARTS), 0);
    bench_tell("all but the waits for pcscd", "ms", bench_median(starts->ours, STARTS), 60);
}

static void time_starts(const char *daemon, unsigned level)
{
    struct starts *starts =
        mmap(NULL, sizeof *starts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bench_require(starts != MAP_FAILED, "shared memory");
    for (size_t i = 0; i < STARTS; i++)
        bench_apart(measure_start, &(struct start){ daemon, starts, level, i });
    tell_starts(starts, level);
    munmap(starts, sizeof *starts);
}

/* --- The waiting daemon --- */

/* The daemon is a child of the world's first process. */
static pid_t find_daemon(const struct world *world)
{
    char path[80], name[20] = "";
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)world->first, (int)world->first);
    FILE *children = fopen(path, "re");
    bench_require(children, path);
    int pid;
    while (strcmp(name, "glasshsmd\n") != 0 && fscanf(children, "%d", &pid) == 1) {
        snprintf(path, sizeof path, "/proc/%d/comm", pid);
        FILE *comm = fopen(path, "re");
        bench_require(comm && fgets(name, sizeof name, comm), path);
        fclose(comm);
    }
    fclose(children);
    bench_require(strcmp(name, "glasshsmd\n") == 0, "finding the daemon");
    return pid;
}

/* The number after `key` in a file of lines. */
static double number_in(const char *path, const char *key)
{
    char line[200];
    double number = -1;
    FILE *file = fopen(path, "re");
    while (file && number < 0 && fgets(line, sizeof line, file))
        if (strncmp(line, key, strlen(key)) == 0)
            number = atof(line + strlen(key));
    if (file)
        fclose(file);
    return number;
}

static double resident_mib(pid_t daemon)
{
    char path[80];
    snprintf(path, sizeof path, "/proc/%d/status", (int)daemon);
    return number_in(path, "VmRSS:") / 1024;
}

/* Of all its threads: the first figure of schedstat, nanoseconds on a core. */
static double cpu_ms(pid_t daemon)
{
    char path[64 + 256];
    double sum = 0;
    snprintf(path, sizeof path, "/proc/%d/task", (int)daemon);
    DIR *threads = opendir(path);
    bench_require(threads, path);
    for (struct dirent *entry; (entry = readdir(threads));) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", (int)daemon, entry->d_name);
        sum += number_in(path, "");
    }
    closedir(threads);
    return sum / 1e6;
}

/* When any file of the token was last written, in ns. */
static double last_change(const char *folder)
{
    double last = 0;
    struct stat facts;
    DIR *files = opendir(folder);
    bench_require(files, folder);
    for (struct dirent *entry; (entry = readdir(files));) {
        if (entry->d_name[0] == '.' || fstatat(dirfd(files), entry->d_name, &facts, 0) != 0)
            continue;
        double changed = (double)facts.st_mtim.tv_sec * 1e9 + (double)facts.st_mtim.tv_nsec;
        last = changed > last ? changed : last;
    }
    closedir(files);
    return last;
}

/* canned: the reference, which does as little as a card can that pcscd watches. */
static void watch_idle(pid_t daemon, pid_t canned, const char *folder, int seconds)
{
    char heading[80];
    bench_require(poll(NULL, 0, SETTLE_MS) == 0, "waiting");
    double cpu = cpu_ms(daemon), reference = cpu_ms(canned), changed = last_change(folder);
    bench_require(poll(NULL, 0, seconds * 1000) == 0, "waiting");
    cpu = cpu_ms(daemon) - cpu;
    reference = cpu_ms(canned) - reference;
    bool wrote = last_change(folder) != changed;
    snprintf(heading, sizeof heading, "Idle for %d s, attached, store on disk", seconds);
    bench_heading(heading);
    bench_tell("CPU", "ms", cpu, 0.5 * seconds);
    bench_tell("  of which a card that only answers with its ATR", "ms", reference, 0);
    printf("%-52s %9s\n", "the store was written", wrote ? "yes: MISSED" : "no");
}

static void look_at_daemon(const char *daemon_path, int seconds)
{
    struct scratch scratch;
    struct world world;
    scratch_make(&scratch);
    bench_token_make_apart(scratch.path);
    private_world_start(daemon_path, scratch.path, &world);
    pid_t daemon = find_daemon(&world);
    if (seconds) {
        pid_t canned = canned_card_start(&world, NULL);
        watch_idle(daemon, canned, scratch.path, seconds);
    }
    bench_heading("Memory of the waiting daemon");
    bench_tell("resident", "MiB", resident_mib(daemon), 10);
    world_end(&world);
    scratch_remove(&scratch);
}

int main(int argc, char **argv)
{
    bench_begin(&argc, argv);
    bench_require(argc == 2 || argc == 3, "usage: bench_world GLASSHSMD [SECONDS]");
    bench_come_first();
    int seconds = argc == 3 ? atoi(argv[2]) : 0;
    for (unsigned level = 1; level <= 2 && !seconds; level++)
        time_starts(argv[1], level);
    look_at_daemon(argv[1], seconds);
    bench_summary();
    return EXIT_SUCCESS;
}
