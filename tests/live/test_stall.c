/* SPDX-License-Identifier: Apache-2.0 */
/* The guard against the 40 ms stall: vpcd sends a command's length and payload in two writes, and
 * without TCP_QUICKACK at the right moment each command waits for a delayed acknowledgement (the
 * bridge says more). Run as the command of `glasshsm run`.
 *
 * The median is judged: with the stall, each command takes 40 ms and more; without it, a busy
 * machine can delay some of them, but hardly half of three hundred. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/failure.h"
#include "host/client/reader.h"

enum { COMMANDS = 300 };

#define LIMIT_MS 20.0

static void require(bool works, const char *what)
{
    if (works)
        return;
    fprintf(stderr, "%s failed: %s\n", what, failure_last()->cause);
    exit(EXIT_FAILURE);
}

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double time_query(const struct reader_card *card)
{
    static const uint8_t query[] = { 0x00, 0x20, 0x00, 0x81 };
    uint8_t bytes[258];
    struct writer answer = WRITER_OF(bytes);
    double start = now_ms();
    require(reader_transmit(card, SPAN_OF(query), &answer) == 0 && answer.size == 2,
            "VERIFY query");
    return now_ms() - start;
}

int main(void)
{
    SCOPED(reader_service_close) struct reader_service service = { 0 };
    SCOPED(reader_disconnect) struct reader_card card = { 0 };
    char name[READER_NAME_SIZE];
    double took[COMMANDS];
    require(reader_service_open(&service) == 0, "reaching pcscd");
    require(reader_find(&service, "Glass HSM", name) == 0, "finding the reader");
    require(reader_connect(&service, name, &card) == 0, "connecting to the card");

    for (size_t i = 0; i < COMMANDS; i++)
        took[i] = time_query(&card);
    qsort(took, COMMANDS, sizeof *took, ascending);
    double median = took[COMMANDS / 2];
    printf("%d commands: median %.3f ms, longest %.3f ms\n", COMMANDS, median, took[COMMANDS - 1]);
    return median < LIMIT_MS ? EXIT_SUCCESS : EXIT_FAILURE;
}
