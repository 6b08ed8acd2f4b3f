/* glasshsm store: creates the store of a new token. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "host/tool/place.h"
#include "host/tool/tool.h"

static const char usage[] =
    "Usage: glasshsm store create [OPTIONS] DIR\n"
    "\n"
    "Makes the folder DIR with a new, empty token in it. It is unlocked by the key file\n"
    "DIR/seal.key.\n"
    "\n"
    "  --passphrase-file FILE  unlocked by the passphrase in the first line of FILE instead\n"
    "  --key-file FILE         the key file lies there; it is made\n"
    "  --anchor FILE           the anchor lies there, where it also shows a replaced DIR\n"
    "  --json                  say in JSON what was made\n";

static void say_what_next(const struct tool_place *place)
{
    const char *folder = place->folder;
    printf("created %s/token.db, a new token\n", folder);
    if (place->passphrase_file)
        printf("unlocked by the passphrase in %s: without it, the keys are lost\n",
               place->passphrase_file);
    else
        printf("unlocked by %s%s: back it up apart from the store; whoever has both has the keys\n",
               place->key_file ? place->key_file : folder, place->key_file ? "" : "/seal.key");
    printf(
        "next: glasshsm run --store %s%s%s -- sc-hsm-tool --initialize --so-pin 3537363231383830 "
        "--pin 648219\n",
        folder, place->passphrase_file ? " --passphrase-file " : "",
        place->passphrase_file ? place->passphrase_file : "");
}

/* The files, one an object's member; the key file is null when a passphrase unlocks the store. */
static void print_json(const struct tool_place *place)
{
    json_t *made = json_pack("{s:s,s:o,s:s?,s:o}", "store", place->folder, "key_file",
                             place->passphrase_file ? json_null()
                             : place->key_file      ? json_string(place->key_file)
                                                    : json_sprintf("%s/seal.key", place->folder),
                             "passphrase_file", place->passphrase_file, "anchor",
                             place->anchor ? json_string(place->anchor)
                                           : json_sprintf("%s/anchor", place->folder));
    json_dumpf(made, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(made);
}

static int create(const struct tool_place *place, bool as_json)
{
    int status = tool_place_create_token(place);
    if (status == TOOL_DONE)
        (as_json ? print_json : say_what_next)(place);
    return status;
}

static const struct option options[] = {
    { "passphrase-file", required_argument, NULL, 'p' },
    { "key-file", required_argument, NULL, 'k' },
    { "anchor", required_argument, NULL, 'a' },
    { "json", no_argument, NULL, 'j' },
    { "help", no_argument, NULL, 'h' },
    { 0 },
};

int tool_store(int count, char **arguments)
{
    struct tool_place place = { 0 };
    bool as_json = false;
    for (int option; (option = getopt_long(count, arguments, "h", options, NULL)) != -1;) {
        if (option == 'h')
            return fputs(usage, stdout) < 0 ? TOOL_FAILED : TOOL_DONE;
        if (option == '?')
            return tool_misused(usage);
        if (option == 'j')
            as_json = true;
        if (option == 'p')
            place.passphrase_file = optarg;
        if (option == 'k')
            place.key_file = optarg;
        if (option == 'a')
            place.anchor = optarg;
    }
    if (count - optind != 2 || strcmp(arguments[optind], "create") != 0)
        return tool_misused(usage);
    place.folder = arguments[optind + 1];
    return create(&place, as_json);
}
