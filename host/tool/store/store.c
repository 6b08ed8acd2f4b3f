/* glasshsm store: makes, checks, copies and destroys the stores of tokens. */
#include "host/tool/store/store.h"

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "host/tool/cli/complain.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/tool.h"

static const char usage[] =
    "Usage: glasshsm store create [OPTIONS] DIR\n"
    "       glasshsm store verify [OPTIONS] DIR\n"
    "       glasshsm store list [OPTIONS] [FOLDER]\n"
    "       glasshsm store unlock-source list|add|remove [OPTIONS] DIR [NUMBER]\n"
    "       glasshsm store strict [OPTIONS] DIR [on|off]\n"
    "       glasshsm store rekey [--drop-others] [OPTIONS] DIR\n"
    "       glasshsm store snapshot [--store DIR | --socket PATH | --token NAME] [OPTIONS] FILE\n"
    "       glasshsm store restore [OPTIONS] FILE DIR\n"
    "       glasshsm store clone [--store DIR | --socket PATH | --token NAME] [OPTIONS] DIR\n"
    "       glasshsm store destroy [--yes] [OPTIONS] DIR\n"
    "\n"
    "create    makes the folder DIR with a new, empty token in it, unlocked by the key file\n"
    "          DIR/seal.key\n"
    "verify    checks everything about a store that is not running: every record of the log, "
    "every\n"
    "          object; changes nothing\n"
    "list      shows the stores and snapshots in FOLDER (/var/lib/glasshsm)\n"
    "unlock-source   shows what opens a store, adds another (--new-...), or removes NUMBER; the\n"
    "          last one stays\n"
    "strict    says, and with on or off sets, whether the token does without what no hardware "
    "has:\n"
    "          Ed25519 and its like, files of the log. A forced audit is never given up for it\n"
    "rekey     renews the root secret, without touching keys; other unlock sources are dropped\n"
    "snapshot  copies a token, running or not, into FILE; what opens the token opens FILE\n"
    "restore   makes a token of a snapshot again, in DIR; its log tells that it is another life\n"
    "clone     both at once\n"
    "destroy   overwrites and removes a store, after the label of its token was typed\n"
    "\n"
    "  --key-file FILE         the key file lies there (create: it is made); /dev/fd/N: an open "
    "one\n"
    "  --passphrase-file FILE  unlocked by the passphrase in the first line of FILE instead\n"
    "  --credential NAME       unlocked by the key in this credential of systemd\n"
    "  --anchor FILE           the anchor lies there, where it also shows a replaced DIR\n"
    "  --new-key-file FILE, --new-passphrase-file FILE   what is added; a key file is made if it\n"
    "                          is not there\n"
    "  --name TEXT             what the list calls the unlock source that is added\n"
    "  --receipt FILE          create: the receipt of its log is written there as well as printed\n"
    "  --device-curve NAME     create: P-256 instead of brainpoolP256r1 for the token's own key,\n"
    "                          unless --ca, whose curve it takes; the python client wants it\n"
    "  --strict                create: without extensions\n"
    "  --ca DIR                create: the token is certified by this folder of `glasshsm ca "
    "create`\n"
    "  --allow-clone           copy a token whose keys cannot leave it by command\n"
    "  --json                  the result as one JSON object\n";

/* --- The verbs --- */

static const struct verb {
    const char *name;
    int (*run)(struct store_order *order);
    int least, most; /* operands */
} verbs[] = {
    { "create", store_create_verb, 1, 1 },     { "verify", store_verify_verb, 1, 1 },
    { "list", store_list_verb, 0, 1 },         { "unlock-source", store_sources_verb, 2, 3 },
    { "strict", store_strict_verb, 1, 2 },     { "rekey", store_rekey_verb, 1, 1 },
    { "snapshot", store_snapshot_verb, 1, 1 }, { "restore", store_restore_verb, 2, 2 },
    { "clone", store_clone_verb, 1, 1 },       { "destroy", store_destroy_verb, 1, 1 },
};

static const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(verbs); i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

/* --- What they share --- */

int store_order_open(const struct tool_place *place, struct store **out)
{
    struct store_refusal why;
    int status = tool_place_try(place, out, &why);
    return status ? tool_complain(status, "%s", why.sentence) : 0;
}

int store_order_failed(int result)
{
    if (result == STORE_FULL)
        return tool_complain(TOOL_FAILED, "no space is left on the medium");
    return tool_complain(result == FAULT_BROKEN ? TOOL_STORE_DAMAGED : TOOL_FAILED, "%s",
                         failure_last()->cause);
}

int store_order_print(void *json)
{
    int status = text_json(stdout, json);
    json_decref(json);
    return status;
}

/* --- Options --- */

static const struct option options[] = {
    { "passphrase-file", required_argument, NULL, 'p' },
    { "key-file", required_argument, NULL, 'k' },
    { "credential", required_argument, NULL, 'c' },
    { "anchor", required_argument, NULL, 'a' },
    { "store", required_argument, NULL, 'd' },
    { "socket", required_argument, NULL, 's' },
    { "token", required_argument, NULL, 't' },
    { "new-key-file", required_argument, NULL, 'K' },
    { "new-passphrase-file", required_argument, NULL, 'P' },
    { "name", required_argument, NULL, 'n' },
    { "receipt", required_argument, NULL, 'r' },
    { "ca", required_argument, NULL, 'C' },
    { "device-curve", required_argument, NULL, 'E' },
    { "json", no_argument, NULL, 'j' },
    { "yes", no_argument, NULL, 'y' },
    { "allow-clone", no_argument, NULL, 'A' },
    { "drop-others", no_argument, NULL, 'D' },
    { "strict", no_argument, NULL, 'S' },
    { "help", no_argument, NULL, 'h' },
    { 0 },
};

static bool take_text(int option, struct store_order *order)
{
    const struct {
        int option;
        const char **to;
    } texts[] = {
        { 'p', &order->place.passphrase_file },
        { 'k', &order->place.key_file },
        { 'c', &order->place.credential },
        { 'a', &order->place.anchor },
        { 'd', &order->place.folder },
        { 's', &order->socket },
        { 't', &order->token },
        { 'K', &order->new_key_file },
        { 'P', &order->new_passphrase_file },
        { 'n', &order->name },
        { 'r', &order->receipt },
        { 'C', &order->place.authority },
        { 'E', &order->place.device_curve },
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (texts[i].option == option) {
            *texts[i].to = optarg;
            return true;
        }
    return false;
}

static bool take_flag(int option, struct store_order *order)
{
    const struct {
        int option;
        bool *to;
    } flags[] = { { 'j', &order->as_json },
                  { 'y', &order->yes },
                  { 'A', &order->allow_clone },
                  { 'D', &order->drop_others },
                  { 'S', &order->place.strict } };
    for (size_t i = 0; i < COUNT_OF(flags); i++)
        if (flags[i].option == option)
            return *flags[i].to = true;
    return false;
}

int tool_store(int count, char **arguments)
{
    struct store_order order = { 0 };
    tool_forbid_dumps();
    for (int option; (option = getopt_long(count, arguments, "h", options, NULL)) != -1;) {
        if (option == 'h')
            return text_own(stdout, usage) ? TOOL_DONE : TOOL_FAILED;
        if (!take_text(option, &order) && !take_flag(option, &order))
            return tool_misused(usage);
    }
    const struct verb *verb = optind < count ? find_verb(arguments[optind]) : NULL;
    order.operands = count - optind - 1;
    order.operand = arguments + optind + 1;
    if (!verb || order.operands < verb->least || order.operands > verb->most)
        return tool_misused(usage);
    return verb->run(&order);
}
