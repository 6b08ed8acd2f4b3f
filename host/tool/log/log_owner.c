#include "host/tool/log/log_owner.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "host/tool/cli/admin_client.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"

const char log_owner_usage[] =
    "\n"
    "       glasshsm log note [OPTIONS] TEXT [NAME]\n"
    "       glasshsm log acknowledge [OPTIONS] FILE [NAME]\n"
    "       glasshsm log policy [OPTIONS] [NAME]\n"
    "\n"
    "note writes up to 32 bytes into the log, to mark one's own sessions.\n"
    "acknowledge tells the token that somebody keeps the checkpoint that is in FILE, alone or in "
    "a\n"
    "snapshot: a new signing epoch begins, the limit of the policy is free again, and\n"
    "acknowledged lines are pruned as the policy says.\n"
    "policy shows, after setting what is given, what the owner wants of the log.\n"
    "  --forced off|on|fixed  at the limit, refuse commands until the log is acknowledged;\n"
    "                         fixed: and let nobody change the policy before INITIALIZE\n"
    "  --limit N              records of users' commands between two acknowledgements\n"
    "  --keep N|all           lines that stay when acknowledged ones are pruned; at least 10\n"
    "  --read pin|free        reading by APDU needs the user PIN, or nothing\n"
    "All three take --socket PATH, and --json for the daemon's answer as it is.\n";

/* --- Asking --- */

struct order {
    const char *socket, *name;
    bool as_json;
    json_t *request;
};

static void order_end(struct order *order)
{
    json_decref(order->request);
}

/* Sends the request. The caller releases the answer, which was printed already if --json was given;
 * NULL after a complaint. */
static json_t *ask(const struct order *order)
{
    SCOPED(admin_close) struct admin_client client = { 0 };
    if (!admin_open(order->socket, order->name, &client) ||
        !admin_ask(&client, json_incref(order->request)))
        return NULL;
    json_t *answer = admin_answer(&client);
    if (answer && order->as_json)
        text_json(stdout, answer);
    return answer;
}

static int64_t number_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

/* --- Options --- */

static const struct option options[] = {
    { "socket", required_argument, NULL, 's' }, { "json", no_argument, NULL, 'j' },
    { "help", no_argument, NULL, 'h' },         { "forced", required_argument, NULL, 'f' },
    { "limit", required_argument, NULL, 'l' },  { "keep", required_argument, NULL, 'k' },
    { "read", required_argument, NULL, 'r' },   { 0 },
};

/* Adds a setting to the request: a number as a number, any other text as a string, which the daemon
 * may know. */
static bool take_setting(struct order *order, const char *key, const char *text)
{
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    bool numeric = *text && !*end && !errno;
    return json_object_set_new(order->request, key,
                               numeric ? json_integer(number) : json_string(text)) == 0;
}

/* Takes an option; policy: the options of the verb policy are allowed, too. */
static bool take_option(int option, struct order *order, bool policy)
{
    switch (option) {
    case 's':
        order->socket = optarg;
        return true;
    case 'j':
        order->as_json = true;
        return true;
    case 'f':
        return policy && take_setting(order, "forced", optarg);
    case 'l':
        return policy && take_setting(order, "limit", optarg);
    case 'k':
        return policy && take_setting(order, "keep", optarg);
    case 'r':
        return policy && take_setting(order, "read", optarg);
    default:
        return false;
    }
}

/* Reads the options; `operands` arguments follow, from optind on, and perhaps the token's name.
 * False: exit with *out_status. */
static bool read_options(int count, char **arguments, int operands, struct order *order,
                         int *out_status)
{
    *out_status = TOOL_DONE;
    for (int option; (option = getopt_long(count, arguments, "h", options, NULL)) != -1;) {
        if (option == 'h') {
            *out_status = text_own(stdout, log_owner_usage + 1) ? TOOL_DONE : TOOL_FAILED;
            return false;
        }
        if (!take_option(option, order, operands == 0))
            *out_status = TOOL_USAGE;
    }
    int more = count - optind - operands;
    if (*out_status || more < 0 || more > 1) {
        *out_status = tool_misused(log_owner_usage + 1);
        return false;
    }
    order->name = more ? arguments[count - 1] : NULL;
    return true;
}

/* --- note --- */

int log_note(int count, char **arguments)
{
    SCOPED(order_end) struct order order = { .request = json_pack("{s:s}", "request", "note") };
    int status;
    if (!read_options(count, arguments, 1, &order, &status))
        return status;
    if (json_object_set_new(order.request, "text", json_string(arguments[optind])))
        return tool_complain(TOOL_USAGE, "the note is not UTF-8");
    json_t *answer = ask(&order);
    if (answer && !order.as_json)
        text_print(stdout, "record %" PRId64 "\n", number_of(answer, "record"));
    json_decref(answer);
    return answer ? TOOL_DONE : TOOL_FAILED;
}

/* --- acknowledge --- */

#define MARK "\n-- checkpoint\n"

static bool read_all(const char *path, char **out)
{
    FILE *in = fopen(path, "r");
    size_t room;
    errno = in ? 0 : errno;
    ssize_t size = in ? getdelim(out, &room, 0, in) : -1;
    if (in)
        fclose(in);
    return size > 0;
}

/* Finds the note in the checkpoint section of a snapshot, or takes the whole text. A section ends
 * where a line begins with "-- "; a note's signature begins with a longer dash. */
static char *find_note(char *text)
{
    char *section = strstr(text, MARK);
    if (!section)
        return text;
    char *note = section + strlen(MARK), *end = strstr(note, "\n-- ");
    if (end)
        end[1] = 0;
    return note;
}

static void free_text(char **text)
{
    free(*text);
}

int log_acknowledge(int count, char **arguments)
{
    SCOPED(order_end)
    struct order order = { .request = json_pack("{s:s}", "request", "acknowledge") };
    SCOPED(free_text) char *text = NULL;
    int status;
    if (!read_options(count, arguments, 1, &order, &status))
        return status;
    const char *path = arguments[optind];
    if (!read_all(path, &text))
        return tool_complain(TOOL_FAILED, "%s: %s", path, errno ? strerror(errno) : "empty");
    char *note = find_note(text);
    if (strlen(note) > 600 || json_object_set_new(order.request, "note", json_string(note)))
        return tool_complain(TOOL_FAILED, "%s holds no checkpoint", path);
    json_t *answer = ask(&order);
    if (answer && !order.as_json)
        text_print(stdout,
                   "%" PRId64 " records acknowledged, signing epoch %" PRId64 ", %" PRId64
                   " lines pruned in all\n",
                   number_of(answer, "acknowledged"), number_of(answer, "epoch"),
                   number_of(answer, "pruned"));
    json_decref(answer);
    return answer ? TOOL_DONE : TOOL_FAILED;
}

/* --- policy --- */

/* The word for a setting; "not told" when an older daemon does not send it. */
static const char *word_of(const json_t *policy, const char *key)
{
    const char *word = json_string_value(json_object_get(policy, key));
    return word ? word : "not told";
}

static const char *reading_of(const json_t *policy)
{
    static const char *const readings[][2] = {
        { "free", "free, by APDU" },
        { "pin", "with the user PIN, by APDU" },
    };
    const char *word = word_of(policy, "read");
    for (size_t i = 0; i < COUNT_OF(readings); i++)
        if (strcmp(word, readings[i][0]) == 0)
            return readings[i][1];
    return word;
}

static void print_policy(const json_t *policy)
{
    const json_t *keep = json_object_get(policy, "keep");
    text_print(stdout, "forced audit  %s\n", word_of(policy, "forced"));
    text_print(stdout, "limit         %" PRId64 " records, %" PRId64 " used\n",
               number_of(policy, "limit"), number_of(policy, "used"));
    if (json_is_integer(keep))
        text_print(stdout, "keep          %" PRId64 " lines\n", (int64_t)json_integer_value(keep));
    else
        text_print(stdout, "keep          %s\n", keep ? "all lines" : "not told");
    text_print(stdout, "reading       %s\n", reading_of(policy));
    text_print(stdout,
               "log           %" PRId64 " records, %" PRId64 " acknowledged, %" PRId64
               " pruned, signing epoch %" PRId64 "\n",
               number_of(policy, "size"), number_of(policy, "acknowledged"),
               number_of(policy, "pruned"), number_of(policy, "epoch"));
}

int log_policy(int count, char **arguments)
{
    SCOPED(order_end) struct order order = { .request = json_pack("{s:s}", "request", "policy") };
    int status;
    if (!read_options(count, arguments, 0, &order, &status))
        return status;
    json_t *answer = ask(&order);
    if (answer && !order.as_json)
        print_policy(answer);
    json_decref(answer);
    return answer ? TOOL_DONE : TOOL_FAILED;
}
