/* A token that was taken over, as far as files and connections go: what its process may still reach
 * after confine_files(). Each trial is a process of its own; what is refused is tried before, too, so
 * that the refusal is the sandbox's. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <linux/landlock.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/confine.h"
#include "tests/support/require.h"
#include "tests/support/suite.h"

enum { NOT_POSSIBLE = 77 };

static long version; /* of Landlock in this kernel */
static char top[] = "/tmp/glasshsm-confined-XXXXXX";

static const char *below(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", top, name);
    return path;
}

/* Each is 0, or an error number. Names are below the folder of the test. */

static int result_of(int result)
{
    return result < 0 ? errno : 0;
}

static int read_it(const char *name)
{
    char byte;
    int fd = open(below(name), O_RDONLY);
    int result = fd < 0 ? errno : result_of((int)read(fd, &byte, 1));
    if (fd >= 0)
        close(fd);
    return result;
}

static int list_it(const char *name)
{
    return result_of(open(below(name), O_RDONLY | O_DIRECTORY));
}

static int write_it(const char *name)
{
    return result_of(open(below(name), O_WRONLY | O_APPEND));
}

static int empty_it(const char *name)
{
    return result_of(truncate(below(name), 0));
}

static int make_it(const char *name)
{
    int result = result_of(open(below(name), O_WRONLY | O_CREAT | O_EXCL, 0600));
    unlink(below(name));
    return result;
}

static int remove_it(const char *name)
{
    return result_of(unlink(below(name)));
}

static int run_it(const char *name)
{
    char *arguments[] = { "true", NULL };
    (void)name;
    execve("/bin/true", arguments, NULL);
    return errno;
}

static int connect_to(const char *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)atoi(port)),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int result = result_of(connect(fd, (struct sockaddr *)&address, sizeof address));
    return result == ECONNREFUSED ? 0 : result; /* nobody is there: it was asked */
}

static int listen_at(const char *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)atoi(port)),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    return result_of(bind(fd, (struct sockaddr *)&address, sizeof address));
}

static const struct trial {
    int (*try)(const char *what);
    const char *what;
    bool may;
    int since; /* the version of the kernel's interface that can forbid it; 0: the first */
} trials[] = {
    { read_it, "store/token.db", true },
    { write_it, "store/token.db", true },
    { empty_it, "store/token.db", true },
    { make_it, "store/token.db-wal", true },
    { remove_it, "store/token.db", true },
    { list_it, "store", true },
    { read_it, "keys/own.key", true },
    { write_it, "keys/own.key", false },
    { read_it, "keys/other.key", false },
    { list_it, "keys", false },
    { read_it, "anchors/anchor", true },
    { make_it, "anchors/anchor.new", true },
    { read_it, "ca/root.cvc", true },
    { write_it, "ca/root.cvc", false },
    { read_it, "other/token.db", false },
    { write_it, "other/token.db", false },
    { empty_it, "other/token.db", false, 3 },
    { remove_it, "other/token.db", false },
    { make_it, "other/new", false },
    { list_it, "other", false },
    { list_it, "", false },
    { read_it, "sockets/file", false },
    { make_it, "sockets/new", false },
    { run_it, "", false },
    { connect_to, "35963", true },
    { connect_to, "22", false, 4 },
    { listen_at, "35999", false, 4 },
};

static void make(const char *name)
{
    int fd = open(below(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    require(fd >= 0, "a folder, a file or a process");
    require(write(fd, "x", 1) == 1, "a folder, a file or a process");
    close(fd);
}

static void make_all(void)
{
    static const char *const folders[] = { "store", "keys", "anchors", "ca", "other", "sockets" };
    static const char *const files[] = { "store/token.db", "keys/own.key", "keys/other.key",
                                         "anchors/anchor", "ca/root.cvc",  "other/token.db",
                                         "sockets/file" };
    for (size_t i = 0; i < COUNT_OF(folders); i++)
        mkdir(below(folders[i]), 0700);
    for (size_t i = 0; i < COUNT_OF(files); i++)
        make(files[i]);
}

static struct config settings(void)
{
    struct config config = { .port = 35963, .name = "confined" };
    snprintf(config.folder, sizeof config.folder, "%s", below("store"));
    snprintf(config.key_file, sizeof config.key_file, "%s", below("keys/own.key"));
    snprintf(config.anchor, sizeof config.anchor, "%s", below("anchors/anchor"));
    snprintf(config.authority, sizeof config.authority, "%s", below("ca"));
    snprintf(config.socket, sizeof config.socket, "%s", below("sockets/admin.sock"));
    return config;
}

static int try_in_child(const struct trial *trial, bool confined)
{
    int status;
    pid_t child = fork();
    require(child >= 0, "a folder, a file or a process");
    if (child == 0) {
        const struct config config = settings();
        bool done = !confined;
        /* An ordinary user may confine himself once nothing that he starts gains privileges. */
        if (confined && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
            _exit(99);
        if (confined && confine_files(&config, &done) < 0)
            _exit(99);
        _exit(done ? trial->try(trial->what) : NOT_POSSIBLE);
    }
    require(waitpid(child, &status, 0) == child, "a folder, a file or a process");
    require(WIFEXITED(status), "a folder, a file or a process");
    return WEXITSTATUS(status);
}

START_TEST(only_what_is_named_is_reached)
{
    const struct trial *trial = &trials[_i];
    make_all();
    ck_assert_msg(try_in_child(trial, false) == 0, "trial %d is no trial", _i);
    make_all();
    if (version < trial->since)
        return;
    int result = try_in_child(trial, true);
    ck_assert_msg(trial->may ? result == 0 : result == EACCES || result == EPERM,
                  "trial %d, %s: %d", _i, trial->what, result);
}
END_TEST

int main(void)
{
    const struct trial nothing = { list_it, "store", true };
    require(mkdtemp(top) != NULL, "a folder, a file or a process");
    make_all();
    if (try_in_child(&nothing, true) == NOT_POSSIBLE) {
        puts("skipped: no Landlock in this kernel, or none for this build");
        return NOT_POSSIBLE;
    }
    version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    Suite *suite = suite_create("confined");
    TCase *all = tcase_create("trials");
    tcase_add_loop_test(all, only_what_is_named_is_reached, 0, (int)COUNT_OF(trials));
    suite_add_tcase(suite, all);
    int failed = run_suite(suite);
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", top);
    return system(command) != 0 || failed;
}
