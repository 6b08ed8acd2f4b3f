/* SPDX-License-Identifier: Apache-2.0 */
/* The admin socket's requests, over a pair of connected sockets and with a made-up token. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon/admin.h"
#include "tests/support/suite.h"

#define LOG_SIZE 1200 /* a few pages */

struct bench {
    struct admin admin;
    struct loop loop;
    int peer;
    unsigned cancels, pages;
    bool hold;             /* the card thread is busy: pages wait */
    struct log_page *held; /* such a page */
    struct errand *errand; /* with the card thread */
    unsigned first_pages, errands_that_read;
    char got[64 * 1024];
    size_t size;
    const char *until; /* the loop ends when this has come; NULL: when the connection is closed */
    uint64_t deadline;
};

static json_t *tell_status(void *context)
{
    (void)context;
    return json_pack("{s:s}", "name", "blue");
}

/* Nothing, then what cannot be stopped, then what can. */
static struct token_cancelled cancel(void *context, uint32_t uid)
{
    ck_assert_uint_eq(uid, geteuid());
    switch (((struct bench *)context)->cancels++) {
    case 0:
        return (struct token_cancelled){ 0 };
    case 1:
        return (struct token_cancelled){ .command = "SIGN" };
    default:
        return (struct token_cancelled){ .command = "GENERATE", .stopping = true };
    }
}

/* Line n of the log says {"seq":n}. */
static void fill_page(struct log_page *page)
{
    page->lines = 0;
    page->result = 0;
    for (uint64_t seq = page->from ? page->from : 1; seq <= LOG_SIZE && page->lines < page->count;
         seq++) {
        char *line = (char *)page->text + (size_t)page->lines * AUDIT_LINE_MAX;
        snprintf(line, AUDIT_LINE_MAX, "{\"seq\":%u}", (unsigned)seq);
        page->seq[page->lines] = seq;
        page->line[page->lines++] = span_of_text(line);
    }
}

static void read_log(void *context, struct log_page *page)
{
    struct bench *b = context;
    b->pages++;
    b->first_pages += page->first;
    b->held = page;
}

/* Answers with the request itself. */
static void run_errand(void *context, struct errand *errand)
{
    struct bench *b = context;
    ck_assert_uint_eq(errand->uid, geteuid());
    ck_assert_ptr_nonnull(errand->run);
    b->errands_that_read += errand->reads_log;
    b->errand = errand;
}

/* The card thread's part, once a round; and the reader of what the admin says. */
static struct loop_wish peer_wish(void *context)
{
    struct bench *b = context;
    uint64_t at_once = (b->held || b->errand) && !b->hold ? 0 : b->deadline;
    return (struct loop_wish){ b->peer, POLLIN, at_once };
}

static void give_page(struct bench *b)
{
    struct log_page *page = b->held;
    b->held = NULL;
    fill_page(page);
    page->done(page->context, page);
}

static void end_errand(struct bench *b)
{
    struct errand *errand = b->errand;
    b->errand = NULL;
    if (json_object_get(errand->request, "text"))
        errand->answer = json_incref(errand->request);
    else
        errand->error = "no text";
    errand->done(errand->context, errand);
}

static void peer_ready(void *context, short events)
{
    struct bench *b = context;
    ck_assert_msg(now_us() < b->deadline, "no '%s' in '%s'", b->until, b->got);
    if (b->held && !b->hold)
        give_page(b);
    if (b->errand && !b->hold)
        end_errand(b);
    ssize_t size =
        events ? recv(b->peer, b->got + b->size, sizeof b->got - 1 - b->size, MSG_DONTWAIT) : -1;
    b->size += size > 0 ? (size_t)size : 0;
    b->got[b->size] = 0;
    if (size == 0 || (b->until && strstr(b->got, b->until)))
        loop_stop(&b->loop);
}

static void connect_peer(struct bench *b)
{
    int ends[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    b->peer = ends[0];
    admin_serve(&b->admin, ends[1]);
}

static void bench_init(struct bench *b)
{
    *b = (struct bench){ .peer = -1, .deadline = now_us() + 20 * 1000 * 1000 };
    const struct admin_owner owner = { b, tell_status, cancel, read_log, run_errand };
    admin_init(&b->admin, &owner);
    ck_assert_int_eq(admin_join(&b->admin, &b->loop), 0);
    ck_assert_int_eq(loop_add(&b->loop, (struct loop_watcher){ b, peer_wish, peer_ready }), 0);
    connect_peer(b);
}

static void bench_end(struct bench *b)
{
    admin_deinit(&b->admin);
    if (b->held)
        give_page(b);
    if (b->errand)
        end_errand(b);
    close(b->peer);
}

/* Sends, and gives all that came until this text. */
static const char *ask(struct bench *b, const char *request, const char *until)
{
    b->size = 0;
    b->got[0] = 0;
    b->until = until;
    b->loop.stopped = false;
    ck_assert_int_eq(send(b->peer, request, strlen(request), MSG_NOSIGNAL),
                     (ssize_t)strlen(request));
    ck_assert_int_eq(loop_run(&b->loop), 0);
    return b->got;
}

START_TEST(status_is_what_the_owner_tells)
{
    struct bench b;
    bench_init(&b);
    ck_assert_str_eq(ask(&b, "{\"request\":\"status\"}\n", "\n"), "{\"name\":\"blue\"}\n");
    bench_end(&b);
}
END_TEST

START_TEST(cancel_says_what_ran_and_whether_it_stops)
{
    struct bench b;
    bench_init(&b);
    ck_assert_str_eq(ask(&b, "{\"request\":\"cancel\"}\n", "\n"),
                     "{\"cancelled\":false,\"command\":null}\n");
    ck_assert_str_eq(ask(&b, "{\"request\":\"cancel\"}\n", "\n"),
                     "{\"cancelled\":false,\"command\":\"SIGN\"}\n");
    ck_assert_str_eq(ask(&b, "{\"request\":\"cancel\"}\n", "\n"),
                     "{\"cancelled\":true,\"command\":\"GENERATE\"}\n");
    bench_end(&b);
}
END_TEST

START_TEST(the_log_comes_line_by_line_over_pages)
{
    struct bench b;
    bench_init(&b);
    const char *got = ask(&b, "{\"request\":\"log\"}\n", "\"end\"");
    for (int seq = 1; seq <= LOG_SIZE; seq++) {
        char expected[64];
        snprintf(expected, sizeof expected, "{\"seq\":%d,\"line\":\"{\\\"seq\\\":%d}\"}\n", seq,
                 seq);
        ck_assert_int_eq(strncmp(got, expected, strlen(expected)), 0);
        got += strlen(expected);
    }
    ck_assert_str_eq(got, "{\"end\":true,\"next\":1201}\n");
    ck_assert_uint_eq(b.pages, LOG_SIZE / LOG_PAGE_LINES + 1);
    bench_end(&b);
}
END_TEST

START_TEST(the_log_obeys_from_and_count)
{
    struct bench b;
    bench_init(&b);
    ck_assert_str_eq(ask(&b, "{\"request\":\"log\",\"from\":7,\"count\":2}\n", "\"end\""),
                     "{\"seq\":7,\"line\":\"{\\\"seq\\\":7}\"}\n"
                     "{\"seq\":8,\"line\":\"{\\\"seq\\\":8}\"}\n"
                     "{\"end\":true,\"next\":9}\n");
    ck_assert_str_eq(ask(&b, "{\"request\":\"log\",\"from\":7,\"count\":0}\n", "\"end\""),
                     "{\"end\":true,\"next\":7}\n");
    ck_assert_str_eq(ask(&b, "{\"request\":\"log\",\"from\":5000}\n", "\"end\""),
                     "{\"end\":true,\"next\":5000}\n");
    ck_assert_str_eq(
        ask(&b, "{\"request\":\"log\",\"from\":7,\"count\":2,\"plain\":true}\n", "\"end\""),
        "{\"seq\":7}\n{\"seq\":8}\n{\"end\":true,\"next\":9}\n");
    bench_end(&b);
}
END_TEST

START_TEST(what_it_does_not_understand_is_an_error_and_no_more)
{
    static const char *const bad[] = {
        "\n",
        "nonsense\n",
        "[]\n",
        "{}\n",
        "{\"request\":1}\n",
        "{\"request\":\"stop\"}\n",
        "{\"request\":\"log\",\"from\":-1}\n",
        "{\"request\":\"log\",\"count\":\"x\"}\n",
        "{\"request\":\"status\",\"request\":\"status\"}\n",
    };
    struct bench b;
    bench_init(&b);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        ck_assert_int_eq(strncmp(ask(&b, bad[i], "\n"), "{\"error\":", 9), 0);
    ck_assert_str_eq(ask(&b, "{\"request\":\"status\"}\n", "\n"), "{\"name\":\"blue\"}\n");
    bench_end(&b);
}
END_TEST

START_TEST(requests_may_come_together_or_in_parts)
{
    struct bench b;
    bench_init(&b);
    ck_assert_str_eq(
        ask(&b, "{\"request\":\"status\"}\n{\"request\":\"cancel\"}\n{\"request\":", "null}\n"),
        "{\"name\":\"blue\"}\n{\"cancelled\":false,\"command\":null}\n");
    ck_assert_str_eq(ask(&b, "\"status\"}\n", "\n"), "{\"name\":\"blue\"}\n");
    bench_end(&b);
}
END_TEST

START_TEST(a_line_without_end_closes)
{
    struct bench b;
    char line[ADMIN_LINE_MAX + 1] = { 0 };
    bench_init(&b);
    memset(line, 'x', ADMIN_LINE_MAX);
    ck_assert_str_eq(ask(&b, line, NULL), "");
    bench_end(&b);
}
END_TEST

START_TEST(status_does_not_wait_for_another_ones_log)
{
    struct bench b;
    bench_init(&b);
    int other = b.peer;
    b.hold = true;
    ck_assert_int_eq(send(other, "{\"request\":\"log\"}\n", 18, 0), 18);
    connect_peer(&b);
    ck_assert_str_eq(ask(&b, "{\"request\":\"status\"}\n", "\n"), "{\"name\":\"blue\"}\n");
    ck_assert_uint_eq(b.pages, 1);
    close(other);
    bench_end(&b);
}
END_TEST

START_TEST(a_page_that_comes_too_late_is_dropped)
{
    struct bench b;
    bench_init(&b);
    b.hold = true;
    int first = b.peer;
    ck_assert_int_eq(send(first, "{\"request\":\"log\"}\n", 18, 0), 18);
    connect_peer(&b);
    ask(&b, "{\"request\":\"status\"}\n", "\n");
    close(first);
    ask(&b, "{\"request\":\"status\"}\n", "\n");
    b.hold = false;
    ask(&b, "{\"request\":\"log\",\"count\":0}\n", "\"end\"");
    while (b.held)
        ask(&b, "{\"request\":\"status\"}\n", "\n");
    ck_assert_str_eq(ask(&b, "{\"request\":\"status\"}\n", "\n"), "{\"name\":\"blue\"}\n");
    bench_end(&b);
}
END_TEST

START_TEST(there_is_room_for_so_many_peers)
{
    struct bench b;
    int others[ADMIN_SEATS];
    bench_init(&b);
    for (int i = 0; i < ADMIN_SEATS; i++) {
        others[i] = b.peer;
        connect_peer(&b);
    }
    char byte; /* the last one found no room */
    ck_assert_int_eq(recv(b.peer, &byte, 1, 0), 0);
    for (int i = 0; i < ADMIN_SEATS; i++)
        close(others[i]);
    bench_end(&b);
}
END_TEST

START_TEST(errands_come_back_with_an_answer_or_an_error)
{
    struct bench b;
    bench_init(&b);
    ck_assert_str_eq(ask(&b, "{\"request\":\"note\",\"text\":\"mine\"}\n", "\n"),
                     "{\"request\":\"note\",\"text\":\"mine\"}\n");
    ck_assert_str_eq(ask(&b, "{\"request\":\"policy\"}\n{\"request\":\"status\"}\n", "blue\"}\n"),
                     "{\"error\":\"no text\"}\n{\"name\":\"blue\"}\n");
    bench_end(&b);
}
END_TEST

START_TEST(errand_outlives_its_client)
{
    struct bench b;
    bench_init(&b);
    b.hold = true;
    int first = b.peer;
    ck_assert_int_eq(send(first, "{\"request\":\"checkpoint\"}\n", 25, 0), 25);
    connect_peer(&b);
    ask(&b, "{\"request\":\"status\"}\n", "\n");
    close(first);
    ask(&b, "{\"request\":\"status\"}\n", "\n");
    ck_assert_ptr_nonnull(b.errand);
    b.hold = false;
    while (b.errand)
        ask(&b, "{\"request\":\"status\"}\n", "\n");
    bench_end(&b);
}
END_TEST

START_TEST(reading_the_log_is_announced_once_a_connection)
{
    struct bench b;
    bench_init(&b);
    ask(&b, "{\"request\":\"note\",\"text\":\"x\"}\n", "\n");
    ck_assert_uint_eq(b.errands_that_read, 0);
    ask(&b, "{\"request\":\"log\"}\n", "\"end\"");
    ask(&b, "{\"request\":\"log\",\"from\":3}\n", "\"end\"");
    ask(&b, "{\"request\":\"checkpoint\"}\n", "\n");
    ck_assert_uint_eq(b.first_pages, 1);
    ck_assert_uint_eq(b.errands_that_read, 0);
    int first = b.peer;
    connect_peer(&b);
    ask(&b, "{\"request\":\"checkpoint\"}\n", "\n");
    ck_assert_uint_eq(b.errands_that_read, 1);
    close(first);
    bench_end(&b);
}
END_TEST

static void await_close(struct bench *b)
{
    b->until = NULL;
    b->loop.stopped = false;
    ck_assert_int_eq(loop_run(&b->loop), 0);
}

/* Whoever asks for nothing loses his place; whoever waits for the card does not. */
START_TEST(idle_peers_make_room)
{
    struct bench b;
    bench_init(&b);
    int waiting = b.peer, idle[ADMIN_CLIENTS_MAX - 1];
    b.hold = true;
    b.admin.idle_us = 50000;
    ck_assert_int_eq(send(waiting, "{\"request\":\"log\"}\n", 18, 0), 18);
    for (size_t i = 0; i < COUNT_OF(idle); i++) {
        connect_peer(&b);
        idle[i] = b.peer;
    }
    for (size_t i = 0; i < COUNT_OF(idle); i++) {
        b.peer = idle[i];
        await_close(&b);
        close(idle[i]);
    }
    connect_peer(&b);
    ck_assert_str_eq(ask(&b, "{\"request\":\"status\"}\n", "\n"), "{\"name\":\"blue\"}\n");
    struct pollfd still = { .fd = waiting, .events = POLLIN };
    ck_assert_ptr_nonnull(b.held);
    ck_assert_int_eq(poll(&still, 1, 0), 0);
    close(waiting);
    bench_end(&b);
}
END_TEST

START_TEST(the_socket_is_private_and_goes_away)
{
    struct bench b;
    struct admin second;
    struct stat facts;
    char folder[] = "/tmp/glasshsm-admin-XXXXXX", path[64];
    const struct admin_owner owner = { &b, tell_status, cancel, read_log, run_errand };
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/token.sock", folder);
    umask(077);

    bench_init(&b);
    ck_assert_int_eq(admin_listen(&b.admin, path), 0);
    ck_assert_int_eq(stat(path, &facts), 0);
    ck_assert_uint_eq(facts.st_mode & 077, 0);
    admin_init(&second, &owner);
    ck_assert_int_lt(admin_listen(&second, path), 0); /* in use */
    close(b.admin.socket.fd);                         /* as a daemon that was killed leaves it */
    b.admin.socket.fd = -1;
    ck_assert_int_eq(admin_listen(&second, path), 0);
    admin_deinit(&second);
    ck_assert_int_ne(access(path, F_OK), 0);
    rmdir(folder);
    bench_end(&b);
}
END_TEST

/* Fills all places but those for brief questions; the next peer is in one of them. */
static void fill_seats(struct bench *b, int others[ADMIN_CLIENTS_MAX])
{
    bench_init(b);
    for (int i = 0; i < ADMIN_CLIENTS_MAX; i++) {
        others[i] = b->peer;
        connect_peer(b);
    }
}

static void empty_seats(struct bench *b, const int others[ADMIN_CLIENTS_MAX])
{
    for (int i = 0; i < ADMIN_CLIENTS_MAX; i++)
        close(others[i]);
    bench_end(b);
}

START_TEST(status_and_cancel_have_a_place_of_their_own)
{
    struct bench b;
    int others[ADMIN_CLIENTS_MAX];
    fill_seats(&b, others);
    for (int i = 0; i < 2 * ADMIN_BRIEF_MAX; i++) { /* each leaves its place to the next */
        ck_assert_str_eq(ask(&b, "{\"request\":\"status\"}\n", "\n"), "{\"name\":\"blue\"}\n");
        await_close(&b);
        close(b.peer);
        connect_peer(&b);
    }
    ck_assert_ptr_nonnull(strstr(ask(&b, "{\"request\":\"cancel\"}\n", "\n"), "cancelled"));
    empty_seats(&b, others);
}
END_TEST

START_TEST(others_are_told_that_it_is_busy)
{
    struct bench b;
    int others[ADMIN_CLIENTS_MAX];
    fill_seats(&b, others);
    const char *const requests[] = { "{\"request\":\"log\"}\n", "{\"request\":\"checkpoint\"}\n" };
    for (size_t i = 0; i < COUNT_OF(requests); i++) {
        ck_assert_ptr_nonnull(strstr(ask(&b, requests[i], "\n"), "\"busy\":true"));
        await_close(&b);
        close(b.peer);
        connect_peer(&b);
    }
    ck_assert_uint_eq(b.pages, 0);
    ck_assert_ptr_null(b.errand);
    close(others[0]); /* whoever leaves makes room */
    others[0] = b.peer;
    await_close(&b); /* for a brief question it asked too late */
    connect_peer(&b);
    ck_assert_ptr_nonnull(strstr(ask(&b, "{\"request\":\"log\"}\n", "\"end\""), "\"seq\":1"));
    empty_seats(&b, others);
}
END_TEST

static const struct admin_owner some_owner = { NULL, tell_status, cancel, read_log, run_errand };

START_TEST(nothing_but_a_dead_daemons_socket_is_replaced)
{
    char folder[] = "/tmp/glasshsm-admin-XXXXXX", path[64];
    struct admin admin;
    struct stat facts;
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/socket", folder);
    admin_init(&admin, &some_owner);
    FILE *precious = fopen(path, "w");
    ck_assert(precious && fputs("precious", precious) >= 0 && fclose(precious) == 0);
    ck_assert_int_lt(admin_listen(&admin, path), 0);
    ck_assert_int_eq(stat(path, &facts), 0);
    ck_assert_int_eq(facts.st_size, 8);
    unlink(path);
    ck_assert_int_eq(symlink("elsewhere", path), 0);
    ck_assert_int_lt(admin_listen(&admin, path), 0);
    ck_assert_int_eq(lstat(path, &facts), 0);
    unlink(path);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert_int_lt(admin_listen(&admin, path), 0);
    ck_assert_int_eq(rmdir(path), 0);
    rmdir(folder);
}
END_TEST

START_TEST(the_socket_of_another_daemon_stays)
{
    char folder[] = "/tmp/glasshsm-admin-XXXXXX", path[64];
    struct admin first, second;
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/socket", folder);
    admin_init(&first, &some_owner);
    admin_init(&second, &some_owner);
    ck_assert_int_eq(admin_listen(&first, path), 0);
    unlink(path);
    ck_assert_int_eq(admin_listen(&second, path), 0);
    admin_deinit(&first);
    ck_assert_int_eq(access(path, F_OK), 0);
    admin_deinit(&second);
    ck_assert_int_ne(access(path, F_OK), 0);
    rmdir(folder);
}
END_TEST

/* As one of a daemon that is stopped. */
START_TEST(a_full_backlog_is_alive)
{
    char folder[] = "/tmp/glasshsm-admin-XXXXXX";
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    struct admin admin;
    int callers[8], error = 0;
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", folder);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(listener, 0), 0);
    for (size_t i = 0; i < COUNT_OF(callers); i++) {
        callers[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (connect(callers[i], (struct sockaddr *)&address, sizeof address) < 0)
            error = errno;
    }
    ck_assert_int_eq(error, EAGAIN);
    admin_init(&admin, &some_owner);
    ck_assert_int_lt(admin_listen(&admin, address.sun_path), 0);
    ck_assert_int_eq(access(address.sun_path, F_OK), 0);
    for (size_t i = 0; i < COUNT_OF(callers); i++)
        close(callers[i]);
    close(listener);
    unlink(address.sun_path);
    rmdir(folder);
}
END_TEST

/* unix(7): sun_path has 108 bytes, with the terminating zero. */
START_TEST(a_path_of_108_bytes_is_too_long)
{
    char folder[] = "/tmp/glasshsm-admin-XXXXXX", path[120];
    struct admin admin;
    ck_assert_ptr_nonnull(mkdtemp(folder));
    for (int size = 106; size <= 109; size++) {
        admin_init(&admin, &some_owner);
        snprintf(path, sizeof path, "%s/%0*d", folder, size - (int)strlen(folder) - 1, 0);
        ck_assert_int_eq((int)strlen(path), size);
        ck_assert(size < 108 ? admin_listen(&admin, path) == 0 : admin_listen(&admin, path) < 0);
        ck_assert(size < 108 ? access(path, F_OK) == 0 : admin.socket.fd < 0);
        admin_deinit(&admin);
        ck_assert_int_ne(access(path, F_OK), 0);
    }
    rmdir(folder);
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "admin", status_is_what_the_owner_tells, cancel_says_what_ran_and_whether_it_stops,
        the_log_comes_line_by_line_over_pages, the_log_obeys_from_and_count,
        what_it_does_not_understand_is_an_error_and_no_more, requests_may_come_together_or_in_parts,
        a_line_without_end_closes, status_does_not_wait_for_another_ones_log,
        a_page_that_comes_too_late_is_dropped, there_is_room_for_so_many_peers,
        errands_come_back_with_an_answer_or_an_error, errand_outlives_its_client,
        reading_the_log_is_announced_once_a_connection, idle_peers_make_room,
        the_socket_is_private_and_goes_away, status_and_cancel_have_a_place_of_their_own,
        others_are_told_that_it_is_busy, nothing_but_a_dead_daemons_socket_is_replaced,
        the_socket_of_another_daemon_stays, a_full_backlog_is_alive,
        a_path_of_108_bytes_is_too_long);
}
