/* SPDX-License-Identifier: Apache-2.0 */
/* Waits for pcscd to notice the cards in its readers. */
#include "host/world/world_card.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/client/client.h"
#include "host/world/world_readers.h"

enum {
    EAGER_LOOK_MS = 1, /* between calls of wake_poller() ... */
    EAGER_LOOKS = 100, /* ... of which this many are made */
    PATIENT_LOOK_MS = 100,
    PATIENT_LOOKS = 150, /* 15 seconds, for a very busy machine */
};

/* --- Making pcscd look --- */

static bool sleeps(pid_t pid, const char *thread)
{
    char path[64], text[32] = "";
    snprintf(path, sizeof path, "/proc/%d/task/%.10s/syscall", (int)pid, thread);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t size = read(fd, text, sizeof text - 1);
    close(fd);
    return size > 0 && atol(text) == SYS_clock_nanosleep;
}

static void wake_sleepers(pid_t pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *threads = opendir(path);
    if (!threads)
        return;
    for (struct dirent *entry; (entry = readdir(threads));)
        if (entry->d_name[0] != '.' && sleeps(pid, entry->d_name))
            syscall(SYS_tgkill, pid, (pid_t)atoi(entry->d_name), SIGUSR1);
    closedir(threads);
}

/* Makes pcscd look for cards now. It looks when it starts and then every 400 ms. SIGUSR1 orders it
 * to look at its readers again, and ends the sleep of a thread between two looks. Call it only when
 * pcscd serves: its handler is installed then. Without /proc only those 400 ms are lost. */
static void wake_poller(pid_t first)
{
    char path[80], name[8];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)first, (int)first);
    FILE *children = fopen(path, "re");
    if (!children)
        return;
    for (int child; fscanf(children, "%d", &child) == 1;) {
        snprintf(path, sizeof path, "/proc/%d/comm", child);
        FILE *comm = fopen(path, "re");
        if (comm && fgets(name, sizeof name, comm) && strcmp(strtok(name, "\n"), "pcscd") == 0)
            wake_sleepers(child);
        if (comm)
            fclose(comm);
    }
    fclose(children);
}

static bool readable(int fd)
{
    struct pollfd asked = { .fd = fd, .events = POLLIN };
    return poll(&asked, 1, 0) > 0;
}

/* Waits until there is a card in the reader of this name. */
static int await_card(const struct reader_service *service, const char *name, pid_t first,
                      int give_up)
{
    for (unsigned looks = 0; looks < EAGER_LOOKS + PATIENT_LOOKS; looks++) {
        if (readable(give_up))
            return WORLD_GIVEN_UP;
        bool eager = looks < EAGER_LOOKS;
        if (eager)
            wake_poller(first);
        int result = reader_await_card(service, name, eager ? EAGER_LOOK_MS : PATIENT_LOOK_MS);
        if (result != READER_TIMEOUT)
            return result ? WORLD_REFUSED : 0;
    }
    return WORLD_REFUSED;
}

/* --- All cards --- */

int world_await_cards(const struct world_request *request, pid_t first,
                      const struct reader_service *service)
{
    char name[READER_NAME_SIZE];
    int result = 0;
    for (unsigned i = 0; i < request->tokens && !result; i++) {
        world_name_reader(request->tokens, i, name);
        result = await_card(service, name, first, request->give_up);
    }
    return result;
}

static bool card_answers(const struct reader_service *service, const char *name)
{
    SCOPED(reader_disconnect) struct reader_card card = { 0 };
    uint16_t sw;
    return reader_connect(service, name, &card) == 0 && client_select(&card, &sw) == 0;
}

bool world_cards_answer(const struct world_request *request, const struct reader_service *service)
{
    char name[READER_NAME_SIZE];
    for (unsigned i = 0; i < request->tokens; i++) {
        world_name_reader(request->tokens, i, name);
        if (!card_answers(service, name))
            return false;
    }
    return true;
}
