/* glasshsm store: creates the store of a new token. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "formats/note.h"
#include "host/tool/log_kept.h"
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
    "  --receipt FILE          the receipt of its log is written there as well as printed\n";

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

/* The only thing that later tells this token from another in its place. */
static int give_receipt(struct span receipt, const char *path)
{
    FILE *to = path ? kept_create(path) : NULL;
    int status = TOOL_DONE;
    if (path && !to)
        return TOOL_FAILED;
    if (to) {
        fwrite(receipt.at, 1, receipt.size, to);
        status = kept_finish(to, path, 0);
    }
    puts("receipt of its log, to be kept apart from this machine:");
    fwrite(receipt.at, 1, receipt.size, stdout);
    return status;
}

static int create(const struct tool_place *place, const char *receipt_path)
{
    uint8_t bytes[RECEIPT_MAX];
    struct writer receipt = WRITER_OF(bytes);
    int status = tool_place_create_token(place, &receipt);
    if (status)
        return status;
    say_what_next(place);
    return give_receipt(written(&receipt), receipt_path);
}

static const struct option options[] = {
    { "passphrase-file", required_argument, NULL, 'p' },
    { "key-file", required_argument, NULL, 'k' },
    { "anchor", required_argument, NULL, 'a' },
    { "receipt", required_argument, NULL, 'r' },
    { "help", no_argument, NULL, 'h' },
    { 0 },
};

int tool_store(int count, char **arguments)
{
    struct tool_place place = { 0 };
    const char *receipt = NULL;
    for (int option; (option = getopt_long(count, arguments, "h", options, NULL)) != -1;) {
        if (option == 'h')
            return fputs(usage, stdout) < 0 ? TOOL_FAILED : TOOL_DONE;
        if (option == '?')
            return tool_misused(usage);
        if (option == 'p')
            place.passphrase_file = optarg;
        if (option == 'k')
            place.key_file = optarg;
        if (option == 'a')
            place.anchor = optarg;
        if (option == 'r')
            receipt = optarg;
    }
    if (count - optind != 2 || strcmp(arguments[optind], "create") != 0)
        return tool_misused(usage);
    place.folder = arguments[optind + 1];
    return create(&place, receipt);
}
