/* SPDX-License-Identifier: Apache-2.0 */
/* host/client/service_door, host/client/reader: a service that refuses is told from one that is not
 * there, however early it hangs up. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/client/reader.h"
#include "host/client/service_door.h"
#include "tests/support/suite.h"

static char folder[] = "/tmp/service.XXXXXX";
static struct sockaddr_un place;

/* A socket that nobody accepts from yet; the library looks for its name once in a process. */
static int serve(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    place.sun_family = AF_UNIX;
    snprintf(place.sun_path, sizeof place.sun_path, "%s/socket", folder);
    setenv("PCSCLITE_CSOCK_NAME", place.sun_path, true);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&place, sizeof place), 0);
    ck_assert_int_eq(listen(fd, 100), 0);
    return fd;
}

static void stop_serving(int fd)
{
    close(fd);
    unlink(place.sun_path);
    rmdir(folder);
}

/* Hangs up on everybody, until its socket is shut down. */
static void *refuse_everybody(void *service)
{
    for (int client; (client = accept(*(int *)service, NULL, NULL)) >= 0;)
        close(client);
    return NULL;
}

START_TEST(service_that_hangs_up_denies)
{
    enum { TIMES = 50 }; /* it may hang up before, while or after the library writes */
    SCOPED(reader_service_close) struct reader_service service = { 0 };
    pthread_t thread;
    int fd = serve();
    ck_assert_int_eq(pthread_create(&thread, NULL, refuse_everybody, &fd), 0);
    for (unsigned i = 0; i < TIMES; i++)
        ck_assert_int_eq(reader_service_open(&service), READER_DENIED);
    ck_assert(service_hangs_up());
    shutdown(fd, SHUT_RDWR);
    pthread_join(thread, NULL);
    stop_serving(fd);
}
END_TEST

START_TEST(no_service_does_not_deny)
{
    SCOPED(reader_service_close) struct reader_service service = { 0 };
    int fd = serve();
    stop_serving(fd);
    ck_assert(!service_hangs_up());
    ck_assert_int_eq(reader_service_open(&service), READER_NO_SERVICE);
}
END_TEST

START_TEST(service_whose_end_left_its_socket_does_not_deny)
{
    SCOPED(reader_service_close) struct reader_service service = { 0 };
    int fd = serve();
    close(fd);
    ck_assert(!service_hangs_up());
    ck_assert_int_eq(reader_service_open(&service), READER_NO_SERVICE);
    unlink(place.sun_path);
    rmdir(folder);
}
END_TEST

START_TEST(service_that_is_busy_does_not_deny)
{
    int fd = serve();
    ck_assert(!service_hangs_up());
    stop_serving(fd);
}
END_TEST

int main(void)
{
    return RUN_TESTS("service door", service_that_hangs_up_denies, no_service_does_not_deny,
                     service_whose_end_left_its_socket_does_not_deny,
                     service_that_is_busy_does_not_deny);
}
