/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/config.h"
#include "tests/support/suite.h"

#define MAX_OPTIONS 8

/* Reads these options, after the program's name; ends with NULL. */
static int read_with(struct config *config, struct config_error *error, const char *const *options)
{
    const char *arguments[MAX_OPTIONS + 1] = { "glasshsmd" };
    int count = 1;
    while (options[count - 1]) {
        arguments[count] = options[count - 1];
        count++;
    }
    return config_read(config, count, (char *const *)arguments, error);
}
#define READ(config, error, ...) read_with((config), (error), (const char *[]){ __VA_ARGS__, NULL })

struct file {
    char path[32];
};

static struct file file_with(const char *text)
{
    struct file file = { "/tmp/glasshsm-config-XXXXXX" };
    int fd = mkstemp(file.path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return file;
}

/* The result of reading a file with this text, for a token in memory. */
static int read_file(struct config *config, struct config_error *error, const char *text)
{
    struct file file = file_with(text);
    int r = READ(config, error, "--ephemeral", "--config", file.path);
    unlink(file.path);
    return r;
}

static void expect_wrong(const char *option, const char *part)
{
    struct config config;
    struct config_error error;
    ck_assert_int_eq(READ(&config, &error, "--ephemeral", option), CONFIG_WRONG);
    ck_assert_msg(strstr(error.sentence, part), "'%s' has no '%s'", error.sentence, part);
}

static void expect_wrong_file(const char *text, const char *part)
{
    struct config config;
    struct config_error error;
    ck_assert_int_eq(read_file(&config, &error, text), CONFIG_WRONG);
    ck_assert_msg(strstr(error.sentence, part), "'%s' has no '%s'", error.sentence, part);
}

START_TEST(what_nobody_names_has_its_default)
{
    struct config config;
    struct config_error error;
    ck_assert_int_eq(READ(&config, &error, "--store", "/tokens/one"), 0);
    ck_assert_str_eq(config.folder, "/tokens/one");
    ck_assert_str_eq(config.name, "token");
    ck_assert_str_eq(config.key_file, "");
    ck_assert_uint_eq(config.port, 35963);
    ck_assert_uint_eq(config.retry, RETRY_FOREVER);
    ck_assert(!config.ephemeral && !config.accept_rollback && !config.blank);
    ck_assert(config.lock_memory);
}
END_TEST

START_TEST(an_option_takes_its_value_either_way)
{
    struct config config;
    struct config_error error;
    ck_assert_int_eq(READ(&config, &error, "--ephemeral", "--reader.port=4000", "--name", "blue",
                          "--reader.retry=exit", "--sandbox.filter=no", "--ephemeral.blank"),
                     0);
    ck_assert_uint_eq(config.port, 4000);
    ck_assert_str_eq(config.name, "blue");
    ck_assert_uint_eq(config.retry, RETRY_EXIT);
    ck_assert(!config.filter && config.ephemeral && config.blank);
}
END_TEST

START_TEST(the_file_is_read_by_section_and_key)
{
    struct config config;
    struct config_error error;
    ck_assert_int_eq(
        read_file(&config, &error, "# a comment\n[reader]\nport = 4001\n\n[token]\nname=green\n"),
        0);
    ck_assert_uint_eq(config.port, 4001);
    ck_assert_str_eq(config.name, "green");
}
END_TEST

START_TEST(options_win_over_the_file_in_any_order)
{
    struct config config;
    struct config_error error;
    struct file file = file_with("[reader]\nport = 4001\n");
    ck_assert_int_eq(
        READ(&config, &error, "--reader.port=4002", "--ephemeral", "--config", file.path), 0);
    ck_assert_uint_eq(config.port, 4002);
    unlink(file.path);
}
END_TEST

START_TEST(what_is_wrong_in_a_file_is_named_with_its_line)
{
    expect_wrong_file("[reader]\nport = 1\nprot = 2\n", ":3: there is no setting reader.prot");
    expect_wrong_file("[reader]\n\nport = 65536\n", ":3: reader.port: '65536' is not a number");
    expect_wrong_file("port = 1\n", ":1: there is no setting .port");
    expect_wrong_file("[reader]\nport\n", ":2: not a setting");
    expect_wrong_file("[store]\naccept-rollback = yes\n",
                      ":2: store.accept-rollback is for the "
                      "command line only");
    expect_wrong_file("[reader]\nport = x\nport = y\n", ":2: "); /* the first one */
}
END_TEST

START_TEST(a_value_that_does_not_fit_is_refused)
{
    char long_name[CONFIG_TEXT_MAX + 16] = "--name=";
    memset(long_name + strlen(long_name), 'x', CONFIG_TEXT_MAX);
    expect_wrong(long_name, "at most 255 characters");
    expect_wrong("--reader.port=0", "a number from 1 to 65535");
    expect_wrong("--reader.port=", "a number from 1 to 65535");
    expect_wrong("--reader.port=-1", "a number from 1 to 65535");
    expect_wrong("--reader.port=1x", "a number from 1 to 65535");
    expect_wrong("--reader.retry=never", "forever|exit");
    expect_wrong("--reader.retry=", "forever|exit");
    expect_wrong("--reader.retry=fore", "forever|exit");
    expect_wrong("--sandbox.filter=maybe", "yes|no");
    expect_wrong("--card.capacity=76K", "unlimited|hardware|BYTES");
    expect_wrong("--card.capacity=0", "unlimited|hardware|BYTES");
    expect_wrong("--card.capacity=2147483648", "unlimited|hardware|BYTES");
    expect_wrong("--card.capacity=", "unlimited|hardware|BYTES");
    expect_wrong("--name=a/b", "slash");
}
END_TEST

START_TEST(capacity_has_names_for_the_usual)
{
    struct config config;
    struct config_error error;
    ck_assert_int_eq(READ(&config, &error, "--ephemeral"), 0);
    ck_assert_uint_eq(config.capacity, 0);
    ck_assert_int_eq(READ(&config, &error, "--ephemeral", "--card.capacity=hardware"), 0);
    ck_assert_uint_eq(config.capacity, 76 * 1024);
    ck_assert_int_eq(READ(&config, &error, "--ephemeral", "--card.capacity=2147483647"), 0);
    ck_assert_uint_eq(config.capacity, 2147483647);
    ck_assert_int_eq(read_file(&config, &error, "[card]\ncapacity = 5000\n"), 0);
    ck_assert_uint_eq(config.capacity, 5000);
    ck_assert_int_eq(READ(&config, &error, "--ephemeral", "--card.capacity=unlimited"), 0);
    ck_assert_uint_eq(config.capacity, 0);
}
END_TEST

START_TEST(an_unknown_or_incomplete_option_is_refused)
{
    expect_wrong("--reader.prot=1", "no option --reader.prot");
    expect_wrong("--reader", "no option --reader");
    expect_wrong("-h", "'-h' is not an option");
    expect_wrong("extra", "'extra' is not an option");
    expect_wrong("--name", "--name needs a value");
    expect_wrong("--config", "--config needs a value");
    expect_wrong("--config=/nonexistent/file", "cannot read /nonexistent/file");
}
END_TEST

START_TEST(a_token_is_in_memory_or_in_a_folder)
{
    struct config config;
    struct config_error error;
    expect_wrong("--store=/x", "not both");
    ck_assert_int_eq(READ(&config, &error, "--name=x"), CONFIG_WRONG);
    ck_assert_ptr_nonnull(strstr(error.sentence, "which token?"));
}
END_TEST

START_TEST(wishes_come_before_everything)
{
    struct config config;
    struct config_error error;
    ck_assert_int_eq(READ(&config, &error, "--help"), CONFIG_WANTS_HELP);
    ck_assert_int_eq(READ(&config, &error, "--version"), CONFIG_WANTS_VERSION);
    ck_assert_int_eq(READ(&config, &error, "--example-config"), CONFIG_WANTS_EXAMPLE);
}
END_TEST

/* What `print` prints; the caller frees it. */
static char *printed(void (*print)(FILE *to))
{
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    print(to);
    fclose(to);
    return text;
}

START_TEST(the_example_can_be_read_when_its_settings_are_switched_on)
{
    struct config config;
    struct config_error error;
    char *text = printed(config_print_example);
    for (char *line = text; line; line = strchr(line + 1, '\n')) /* "#key" but not "# comment" */
        if (line[0] == '\n' && line[1] == '#' && line[2] != ' ')
            line[1] = '\n';
    struct file file = file_with(text);
    ck_assert_int_eq(READ(&config, &error, "--ephemeral", "--config", file.path), 0);
    ck_assert_uint_eq(config.port, 35963);
    unlink(file.path);
    free(text);
}
END_TEST

START_TEST(the_example_that_is_shipped_is_the_one_that_is_printed)
{
    static char shipped[8192];
    FILE *from = fopen(SOURCE_ROOT "/systemd/glasshsm.conf", "r");
    ck_assert_ptr_nonnull(from);
    size_t size = fread(shipped, 1, sizeof shipped - 1, from);
    fclose(from);
    ck_assert_uint_gt(size, 0);
    char *text = printed(config_print_example);
    ck_assert_str_eq(shipped, text);
    free(text);
}
END_TEST

START_TEST(the_help_names_every_setting)
{
    static const char *const some[] = { "--store=DIR", "--ephemeral ", "--reader.port=PORT",
                                        "--admin.socket=PATH", "--store.anchor=FILE" };
    char *text = printed(config_print_help);
    for (size_t i = 0; i < COUNT_OF(some); i++)
        ck_assert_msg(strstr(text, some[i]), "no %s", some[i]);
    free(text);
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "config", what_nobody_names_has_its_default, an_option_takes_its_value_either_way,
        the_file_is_read_by_section_and_key, options_win_over_the_file_in_any_order,
        what_is_wrong_in_a_file_is_named_with_its_line, a_value_that_does_not_fit_is_refused,
        capacity_has_names_for_the_usual, an_unknown_or_incomplete_option_is_refused,
        a_token_is_in_memory_or_in_a_folder, wishes_come_before_everything,
        the_example_can_be_read_when_its_settings_are_switched_on,
        the_example_that_is_shipped_is_the_one_that_is_printed, the_help_names_every_setting);
}
