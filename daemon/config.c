/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/config.h"

#include <errno.h>
#include <ini.h>
#include <jansson.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "card-os/capacity.h"

#define CONFIG_LINE_MAX (INI_MAX_LINE - 2) /* beside the line's end and a zero byte */

/* --- The table --- */

enum kind { TEXT, FLAG, NUMBER, CHOICE, CAPACITY };
enum where { ANYWHERE, OPTION_ONLY };

static const struct setting {
    const char *name; /* section.key */
    const char *short_name;
    enum kind kind;
    size_t at;
    const char *fallback;
    const char *values; /* CHOICE: a|b; else what stands for the value in the help */
    uint32_t max;       /* NUMBER: 1 to max; else 0 */
    enum where where;
    const char *help;
} settings[] = {
#define AT(field) offsetof(struct config, field)
    { "token.name", "name", TEXT, AT(name), "token", "NAME", 0, ANYWHERE,
      "how status and log call this token" },
    { "store.folder", "store", TEXT, AT(folder), "", "DIR", 0, ANYWHERE,
      "the token's folder, made by `glasshsm store create`" },
    { "store.key-file", NULL, TEXT, AT(key_file), "", "FILE", 0, ANYWHERE,
      "the key that unlocks the store; empty: seal.key in its folder; /dev/fd/N: handed over" },
    { "store.passphrase-file", NULL, TEXT, AT(passphrase_file), "", "FILE", 0, ANYWHERE,
      "unlock with the first line of this file instead; /dev/fd/N for an open one" },
    { "store.credential", NULL, TEXT, AT(credential), "", "NAME", 0, ANYWHERE,
      "unlock with the key in this credential of systemd (LoadCredential=) instead" },
    { "store.anchor", NULL, TEXT, AT(anchor), "", "FILE", 0, ANYWHERE,
      "file by which an older copy of the store is noticed; empty: in its folder, where a "
      "copy of the whole folder is not" },
    { "store.accept-rollback", "accept-rollback", FLAG, AT(accept_rollback), "no", NULL, 0,
      OPTION_ONLY, "open a store older than its anchor; the log will say so" },
    { "store.allow-clone", "allow-clone", FLAG, AT(allow_clone), "no", NULL, 0, ANYWHERE,
      "snapshots also of a token whose keys cannot leave it by command" },
    { "card.pin-bound", NULL, FLAG, AT(pin_bound), "no", NULL, 0, ANYWHERE,
      "INITIALIZE binds keys to the user PIN: store and key file alone do not give them" },
    { "card.share-login", NULL, FLAG, AT(share_login), "no", NULL, 0, ANYWHERE,
      "shares of a DKEK want the user's login, which real tokens do not ask for" },
    { "card.capacity", NULL, CAPACITY, AT(capacity), "unlimited", "unlimited|hardware|BYTES", 0,
      ANYWHERE, "room for keys and files; hardware: 76 KB, as in the real token; full is 6A84" },
    { "ephemeral.enabled", "ephemeral", FLAG, AT(ephemeral), "no", NULL, 0, ANYWHERE,
      "a new token in memory that ends with the daemon" },
    { "ephemeral.blank", NULL, FLAG, AT(blank), "no", NULL, 0, ANYWHERE,
      "leave the new token without PINs, as from the factory" },
    { "ephemeral.strict", NULL, FLAG, AT(strict), "no", NULL, 0, ANYWHERE,
      "the new token does without what no hardware has; others: `glasshsm store strict`" },
    { "ephemeral.ca", NULL, TEXT, AT(authority), "", "DIR", 0, ANYWHERE,
      "certify the new token with this folder of `glasshsm ca create`; empty: by a root of its "
      "own" },
    { "ephemeral.user-pin", NULL, TEXT, AT(user_pin), "648219", "PIN", 0, ANYWHERE,
      "user PIN of the new token" },
    { "ephemeral.so-pin", NULL, TEXT, AT(so_pin), "3537363231383830", "HEX", 0, ANYWHERE,
      "SO-PIN of the new token, 16 hexadecimal digits" },
    { "reader.port", NULL, NUMBER, AT(port), "35963", "PORT", 65535, ANYWHERE,
      "where the vpcd driver of pcscd listens" },
    { "reader.retry", NULL, CHOICE, AT(retry), "forever", "forever|exit", 0, ANYWHERE,
      "what to do when nobody listens there" },
    { "reader.user", NULL, TEXT, AT(reader_user), "pcscd", "NAME", 0, ANYWHERE,
      "whose pcscd gets the card, besides root's and that of the daemon's own user" },
    { "admin.socket", NULL, TEXT, AT(socket), "", "PATH", 0, ANYWHERE,
      "where `glasshsm status` asks; empty: /run/glasshsm/NAME.sock, if it can be made" },
    { "sandbox.lock-memory", NULL, FLAG, AT(lock_memory), "yes", NULL, 0, ANYWHERE,
      "keep all memory out of the swap, if the system allows" },
    { "sandbox.filter", NULL, FLAG, AT(filter), "yes", NULL, 0, ANYWHERE,
      "refuse system calls that a running daemon does not need" },
    { "sandbox.files", NULL, FLAG, AT(files), "yes", NULL, 0, ANYWHERE,
      "reach no files but those that are named here, where the kernel has Landlock" },
};

/* --- One value --- */

static bool take_text(void *field, const char *value)
{
    if (strlen(value) >= CONFIG_TEXT_MAX)
        return false;
    memcpy(field, value, strlen(value) + 1);
    return true;
}

static bool take_flag(bool *field, const char *value)
{
    bool yes = strcmp(value, "yes") == 0;
    if (!yes && strcmp(value, "no") != 0)
        return false;
    *field = yes;
    return true;
}

static bool take_number(uint32_t *field, const char *value, uint32_t max)
{
    char *end;
    unsigned long number = strtoul(value, &end, 10);
    if (*value < '0' || *value > '9' || *end || number == 0 || number > max)
        return false;
    *field = (uint32_t)number;
    return true;
}

static bool take_choice(uint32_t *field, const char *value, const char *values)
{
    size_t size = strlen(value);
    for (uint32_t index = 0; size; index++) {
        size_t width = strcspn(values, "|");
        if (width == size && strncmp(values, value, size) == 0) {
            *field = index;
            return true;
        }
        if (!values[width])
            break;
        values += width + 1;
    }
    return false;
}

static bool take_capacity(uint32_t *field, const char *value)
{
    bool unlimited = strcmp(value, "unlimited") == 0;
    bool hardware = strcmp(value, "hardware") == 0;
    if (!unlimited && !hardware)
        return take_number(field, value, INT32_MAX); /* a host may read the number as signed */
    *field = hardware ? CAPACITY_HARDWARE : CAPACITY_UNLIMITED;
    return true;
}

static bool take_value(struct config *config, const struct setting *setting, const char *value)
{
    void *field = (char *)config + setting->at;
    switch (setting->kind) {
    case TEXT:
        return take_text(field, value);
    case FLAG:
        return take_flag(field, value);
    case NUMBER:
        return take_number(field, value, setting->max);
    case CHOICE:
        return take_choice(field, value, setting->values);
    case CAPACITY:
        return take_capacity(field, value);
    }
    return false;
}

static void expected(const struct setting *setting, char *text, size_t size)
{
    if (setting->kind == NUMBER)
        snprintf(text, size, "a number from 1 to %u", setting->max);
    else if (setting->kind == TEXT)
        snprintf(text, size, "at most %d characters", CONFIG_TEXT_MAX - 1);
    else
        snprintf(text, size, "%s", setting->kind == FLAG ? "yes|no" : setting->values);
}

static PRINTF_LIKE(2, 3) int wrong(struct config_error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->sentence, sizeof error->sentence, format, arguments);
    va_end(arguments);
    return CONFIG_WRONG;
}

static int set(struct config *config, const struct setting *setting, const char *value,
               struct config_error *error)
{
    char wanted[64];
    if (take_value(config, setting, value))
        return 0;
    expected(setting, wanted, sizeof wanted);
    return wrong(error, "%s: '%.60s' is not %s", setting->name, value, wanted);
}

static const struct setting *find(const char *name, size_t size)
{
    for (size_t i = 0; i < COUNT_OF(settings); i++) {
        const char *names[] = { settings[i].name, settings[i].short_name };
        for (size_t k = 0; k < COUNT_OF(names); k++)
            if (names[k] && strlen(names[k]) == size && strncmp(names[k], name, size) == 0)
                return &settings[i];
    }
    return NULL;
}

/* --- The file --- */

struct file_reading {
    struct config *config;
    /* The library goes on after an error; its result is the line of the first one. */
    struct config_error first;
    int result;
};

static int take_line(void *context, const char *section, const char *key, const char *value)
{
    struct file_reading *reading = context;
    char name[CONFIG_TEXT_MAX];
    snprintf(name, sizeof name, "%s.%s", section, key);
    if (reading->result)
        return 0;
    const struct setting *setting = find(name, strlen(name));
    if (!setting)
        reading->result = wrong(&reading->first, "there is no setting %s", name);
    else if (setting->where == OPTION_ONLY)
        reading->result = wrong(&reading->first, "%s is for the command line only", name);
    else
        reading->result = set(reading->config, setting, value, &reading->first);
    return reading->result == 0;
}

/* Refuses lines that are too long: the library would take the part beyond its buffer for another
 * line. */
static int check_lines(const char *path, struct config_error *error)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return wrong(error, "cannot read %s: %s", path, strerror(errno));
    size_t length = 0, line = 1;
    int r = 0;
    for (int byte; !r && (byte = fgetc(file)) != EOF;) {
        length = byte == '\n' ? 0 : length + 1;
        line += byte == '\n';
        if (length > CONFIG_LINE_MAX)
            r = wrong(error, "%s:%zu: the line is longer than %d bytes", path, line,
                      CONFIG_LINE_MAX);
    }
    fclose(file);
    return r;
}

static int read_file(struct config *config, const char *path, struct config_error *error)
{
    int r = check_lines(path, error);
    if (r)
        return r;
    struct file_reading reading = { .config = config };
    wrong(&reading.first, "not a setting; expected key = value");
    int line = ini_parse(path, take_line, &reading);
    if (line < 0)
        return wrong(error, "cannot read %s: %s", path, strerror(errno));
    if (line > 0)
        return wrong(error, "%s:%d: %.300s", path, line, reading.first.sentence);
    return 0;
}

/* --- The options --- */

static const struct {
    const char *option;
    int result;
    const char *help;
} wishes[] = {
    { "--help", CONFIG_WANTS_HELP, "print this" },
    { "--version", CONFIG_WANTS_VERSION, "print the version" },
    { "--example-config", CONFIG_WANTS_EXAMPLE, "print a configuration file" },
};

static int find_wish(const char *argument)
{
    for (size_t i = 0; i < COUNT_OF(wishes); i++)
        if (strcmp(argument, wishes[i].option) == 0)
            return wishes[i].result;
    return 0;
}

struct option {
    const char *name; /* without the dashes; not terminated */
    size_t size;
    const char *value; /* NULL: none was given */
};

/* Takes `--name=value`, `--name value` or `--flag` from the front of the arguments. */
static int next_option(char *const **at, char *const *end, struct option *out,
                       struct config_error *error)
{
    const char *argument = *(*at)++;
    if (strncmp(argument, "--", 2) != 0)
        return wrong(error, "'%.60s' is not an option; see --help", argument);
    out->name = argument + 2;
    out->size = strcspn(out->name, "=");
    out->value = out->name[out->size] ? out->name + out->size + 1 : NULL;

    bool config = out->size == 6 && strncmp(out->name, "config", 6) == 0;
    const struct setting *setting = find(out->name, out->size);
    if (!config && !setting)
        return wrong(error, "there is no option --%.*s; see --help", (int)out->size, out->name);
    if (!out->value && setting && setting->kind == FLAG)
        out->value = "yes";
    if (!out->value && *at < end)
        out->value = *(*at)++;
    if (!out->value)
        return wrong(error, "--%.*s needs a value", (int)out->size, out->name);
    return 0;
}

enum pass { FILES, OPTIONS };

/* In the first pass only --config counts, in the second all others: options win. */
static int read_options(struct config *config, char *const *at, char *const *end, enum pass pass,
                        struct config_error *error)
{
    int r = 0;
    while (at < end && r == 0) {
        struct option option = { 0 };
        if ((r = find_wish(*at)) || (r = next_option(&at, end, &option, error)))
            break;
        const struct setting *setting = find(option.name, option.size);
        if (!setting && pass == FILES)
            r = read_file(config, option.value, error);
        else if (setting && pass == OPTIONS)
            r = set(config, setting, option.value, error);
    }
    return r;
}

/* Whether text can stand in a JSON text and on a terminal: UTF-8 without control characters. */
static bool is_printable(const char *text)
{
    json_t *string = json_string(text); /* fails unless the text is UTF-8 */
    bool good = string != NULL;
    json_decref(string);
    for (; *text; text++)
        good &= (unsigned char)*text >= ' ' && *text != 0x7F;
    return good;
}

static int check_together(const struct config *config, struct config_error *error)
{
    if (!is_printable(config->name))
        return wrong(error, "token.name: not UTF-8, or with control characters");
    if (config->ephemeral && *config->folder)
        return wrong(error, "a token is either --ephemeral or in a --store; not both");
    if (!config->ephemeral && !*config->folder)
        return wrong(error, "which token? --store DIR, or --ephemeral for one in memory");
    if (strchr(config->name, '/'))
        return wrong(error, "token.name: '%.60s' has a slash", config->name);
    return 0;
}

int config_read(struct config *out, int count, char *const *arguments,
                struct config_error *out_error)
{
    *out = (struct config){ 0 };
    int r = 0;
    for (size_t i = 0; i < COUNT_OF(settings) && r == 0; i++)
        r = set(out, &settings[i], settings[i].fallback, out_error);
    if (r == 0)
        r = read_options(out, arguments + 1, arguments + count, FILES, out_error);
    if (r == 0)
        r = read_options(out, arguments + 1, arguments + count, OPTIONS, out_error);
    return r ? r : check_together(out, out_error);
}

static bool is_secret(const struct setting *setting)
{
    return setting && (setting->at == AT(user_pin) || setting->at == AT(so_pin));
}

void config_hide_secrets(int count, char **arguments)
{
    bool value_follows = false;
    for (int i = 1; i < count; i++) {
        char *value = arguments[i];
        if (!value_follows) {
            size_t size = strcspn(value, "=");
            const struct setting *setting = size > 2 ? find(value + 2, size - 2) : NULL;
            bool apart = !value[size];
            value_follows = is_secret(setting) && apart;
            if (!is_secret(setting) || apart)
                continue;
            value += size + 1;
        }
        value_follows = false;
        memset(value, '*', strlen(value));
    }
}

#undef AT

void config_socket_path(const struct config *config, char *out, size_t size)
{
    if (*config->socket)
        snprintf(out, size, "%s", config->socket);
    else
        snprintf(out, size, "/run/glasshsm/%s.sock", config->name);
}

/* --- What is printed from the table --- */

static void print_help_line(FILE *to, const char *left, const char *help, const char *fallback)
{
    fprintf(to, "  %-38s %s", left, help);
    if (*fallback)
        fprintf(to, " (%s)", fallback);
    fputc('\n', to);
}

static void describe_option(const struct setting *setting, char *text, size_t size)
{
    bool flag = setting->kind == FLAG;
    snprintf(text, size, "--%s%s%s", setting->short_name ? setting->short_name : setting->name,
             flag ? "" : "=", flag ? "" : setting->values);
}

void config_print_help(FILE *to)
{
    char left[96];
    fputs(
        "usage: glasshsmd --store DIR | --ephemeral  [options]\n"
        "A SmartCard-HSM in a virtual reader.\n\n",
        to);
    for (size_t i = 0; i < COUNT_OF(settings); i++) {
        describe_option(&settings[i], left, sizeof left);
        print_help_line(to, left, settings[i].help,
                        settings[i].kind == FLAG ? "" : settings[i].fallback);
    }
    print_help_line(to, "--config=FILE", "read settings from a file; options win over it", "");
    for (size_t i = 0; i < COUNT_OF(wishes); i++)
        print_help_line(to, wishes[i].option, wishes[i].help, "");
    fputs("\nFlags take =yes or =no as well.\n", to);
}

static size_t section_size(const struct setting *setting)
{
    return strcspn(setting->name, ".");
}

static bool begins_section(size_t i)
{
    size_t size = section_size(&settings[i]);
    return i == 0 || section_size(&settings[i - 1]) != size ||
           strncmp(settings[i].name, settings[i - 1].name, size) != 0;
}

void config_print_example(FILE *to)
{
    fputs("# Settings of glasshsmd, at their defaults. Printed by `glasshsmd --example-config`.\n",
          to);
    for (size_t i = 0; i < COUNT_OF(settings); i++) {
        const struct setting *setting = &settings[i];
        size_t section = section_size(setting);
        if (begins_section(i))
            fprintf(to, "\n[%.*s]\n", (int)section, setting->name);
        if (setting->where == ANYWHERE)
            fprintf(to, "# %s\n#%s =%s%s\n", setting->help, setting->name + section + 1,
                    *setting->fallback ? " " : "", setting->fallback);
    }
}
