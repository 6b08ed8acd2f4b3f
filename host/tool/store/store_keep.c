/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm store verify, list, destroy: what is done with a store that exists. */
#include <dirent.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failure.h"
#include "card-os/files.h"
#include "formats/token_info.h"
#include "host/tool/card/card_verb.h"
#include "host/tool/cli/terminal_text.h"
#include "host/tool/store/store.h"
#include "storage/audit.h"
#include "storage/snapshot.h"
#include "storage/verify.h"

/* --- What a store says of itself --- */

struct label {
    char text[64];
};

/* The token's name for people; empty when there is none. */
static struct label label_of(struct store *store)
{
    struct label label = { "" };
    struct token_info info;
    uint8_t bytes[512];
    struct writer content = WRITER_OF(bytes);
    if (store_get(store, OBJECT_FILE, FILE_TOKEN_INFO, &content) == 0 &&
        token_info_read(written(&content), &info))
        snprintf(label.text, sizeof label.text, "%.*s", (int)info.label.size,
                 (const char *)info.label.at);
    return label;
}

/* --- verify --- */

static int report_whole(const struct store_order *order, struct store *store,
                        const struct verify_report *report)
{
    struct store_facts facts = store_facts(store);
    struct audit_head head = audit_head(store);
    if (order->as_json)
        return value_print(json_pack(
            "{s:b,s:I,s:I,s:s,s:s,s:b}", "whole", 1, "records", (json_int_t)report->records,
            "objects", (json_int_t)report->objects, "root", hex_of(SPAN_OF(head.root)).text,
            "incarnation", hex_of(SPAN_OF(facts.incarnation)).text, "anchor_beside_store",
            facts.anchor_beside_store));
    text_print(stdout, "whole: %" PRIu64 " records of the log, %" PRIu64 " objects\n",
               report->records, report->objects);
    text_print(stdout, "log root %s, incarnation %s\n", hex_of(SPAN_OF(head.root)).text,
               hex_of(SPAN_OF(facts.incarnation)).text);
    if (facts.anchor_beside_store)
        text_own(
            stdout,
            "the anchor lies in the store's folder: if an older copy of the whole folder was put "
            "in its place, nothing shows it\n");
    return TOOL_DONE;
}

int store_verify_verb(struct command_line *command)
{
    struct store_order *order = store_order(command);
    SCOPED(store_close) struct store *store = NULL;
    struct verify_report report;
    order->place.folder = order->operand[0];
    order->place.look_only = true;
    int status = tool_place_prepare();
    if (!status)
        status = store_order_open(&order->place, &store);
    if (status)
        return status;
    int r = verify_store(store, &report);
    if (!r)
        return report_whole(order, store, &report);
    if (order->as_json)
        value_print(json_pack("{s:b,s:I,s:o}", "whole", 0, "damaged_record",
                              (json_int_t)report.damaged, "cause",
                              text_value(span_of_text(failure_last()->cause))));
    return store_order_failed(r);
}

/* --- list --- */

struct listing {
    const struct store_order *order;
    const char *folder;
    json_t *rows; /* with --json */
};

/* Describes a store without unlocking it. */
static bool describe(const char *folder, const char *name, struct stat *out_facts, char *path,
                     bool *out_is_store)
{
    struct stat entry;
    snprintf(path, PATH_MAX, "%s/%s", folder, name);
    if (*name == '.' || stat(path, &entry) != 0)
        return false;
    *out_is_store = S_ISDIR(entry.st_mode);
    if (*out_is_store) {
        char database[PATH_MAX + 16];
        snprintf(database, sizeof database, "%s/token.db", path);
        return stat(database, out_facts) == 0;
    }
    *out_facts = entry;
    return S_ISREG(entry.st_mode) && store_is_one(path);
}

static void print_inside(const struct label *label, const struct store_facts *inside)
{
    text_own(stdout, "          \"");
    terminal_text(stdout, span_of_text(label->text));
    text_print(stdout, "\", %" PRIu64 " objects, incarnation %s\n", inside->objects,
               hex_of(SPAN_OF(inside->incarnation)).text);
}

static void print_text(const char *text)
{
    terminal_text(stdout, span_of_text(text));
    text_own(stdout, "\n");
}

static void list_one(struct listing *listing, const char *path, const struct stat *facts,
                     bool is_store)
{
    SCOPED(store_close) struct store *store = NULL;
    struct tool_place place = listing->order->place;
    struct store_refusal why = { "" };
    place.folder = is_store ? path : listing->folder;
    place.database = is_store ? NULL : path;
    place.look_only = true;
    int status = tool_place_try(&place, &store, &why);
    struct label label = store ? label_of(store) : (struct label){ "" };
    struct store_facts inside = store ? store_facts(store) : (struct store_facts){ 0 };
    if (listing->rows) {
        json_t *row =
            json_pack("{s:o,s:s,s:I}", "path", text_value(span_of_text(path)), "kind",
                      is_store ? "store" : "snapshot", "size", (json_int_t)facts->st_size);
        if (store)
            json_object_update_new(row, json_pack("{s:o,s:I,s:s}", "label",
                                                  text_value(span_of_text(label.text)), "objects",
                                                  (json_int_t)inside.objects, "incarnation",
                                                  hex_of(SPAN_OF(inside.incarnation)).text));
        else
            json_object_update_new(row, json_pack("{s:i,s:o}", "status", status, "why",
                                                  text_value(span_of_text(why.sentence))));
        json_array_append_new(listing->rows, row);
        return;
    }
    text_print(stdout, "%-8s  %9" PRIu64 " bytes  ", is_store ? "store" : "snapshot",
               (uint64_t)facts->st_size);
    print_text(path);
    if (store) {
        print_inside(&label, &inside);
    } else {
        text_own(stdout, "          ");
        print_text(why.sentence);
    }
}

static int list_folder(struct listing *listing)
{
    struct dirent **entries;
    int count = scandir(listing->folder, &entries, NULL, alphasort);
    if (count < 0)
        return tool_complain(TOOL_FAILED, "%s cannot be read", listing->folder);
    for (int i = 0; i < count; i++) {
        char path[PATH_MAX];
        struct stat facts;
        bool is_store;
        if (describe(listing->folder, entries[i]->d_name, &facts, path, &is_store))
            list_one(listing, path, &facts, is_store);
        free(entries[i]);
    }
    free(entries);
    return listing->rows ? value_print(listing->rows) : TOOL_DONE;
}

int store_list_verb(struct command_line *command)
{
    struct store_order *order = store_order(command);
    struct listing listing = { .order = order, .folder = "/var/lib/glasshsm" };
    int status = tool_place_prepare();
    if (status)
        return status;
    if (order->operands)
        listing.folder = order->operand[0];
    if (order->as_json)
        listing.rows = json_array();
    return list_folder(&listing);
}

/* --- destroy --- */

/* The label as a terminal shows it, which is how it can be typed. */
static struct label shown_label(const struct label *label)
{
    struct label shown = { "" };
    FILE *to = fmemopen(shown.text, sizeof shown.text, "w");
    if (!to)
        return *label;
    terminal_text(to, span_of_text(label->text));
    fclose(to);
    return shown;
}

/* Whether the user typed the token's label. */
static bool confirmed(const struct store_order *order, const struct label *label)
{
    struct label shown = shown_label(label);
    char typed[80] = "";
    if (order->yes)
        return true;
    text_own(stderr, "Everything in ");
    terminal_text(stderr, span_of_text(order->operand[0]));
    text_print(stderr, " will be lost. Type the label of its token, \"%s\": ", shown.text);
    if (!fgets(typed, sizeof typed, stdin))
        return false;
    typed[strcspn(typed, "\n")] = '\0';
    return *typed && strcmp(typed, shown.text) == 0;
}

/* Records the destruction and writes the log's last checkpoint to *note: a text with newlines of
 * its own, printed as it is. */
static int last_words(struct store *store, struct writer *note)
{
    int r = destroy_record(store, (uint32_t)getuid(), note);
    return r ? store_order_failed(r) : 0;
}

/* Other stores and snapshots that lie in its folder: nobody asked for their end. */
static void name_what_stays(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    if (count < 0) /* it is gone */
        return;
    for (int i = 0; i < count; i++) {
        char path[PATH_MAX];
        struct stat facts;
        bool is_store;
        if (describe(folder, entries[i]->d_name, &facts, path, &is_store))
            tool_complain(0, "%s is a %s, and still there", path, is_store ? "store" : "snapshot");
        free(entries[i]);
    }
    free(entries);
}

int store_destroy_verb(struct command_line *command)
{
    struct store_order *order = store_order(command);
    struct store *store = NULL;
    struct store_refusal why;
    uint8_t note_bytes[CHECKPOINT_MAX];
    struct writer note = WRITER_OF(note_bytes);
    order->place.folder = order->operand[0];
    int status = tool_place_prepare();
    if (!status)
        status = tool_place_try(&order->place, &store, &why);
    /* A store that nobody can open may be destroyed nevertheless, with --yes. */
    bool hopeless = status && status != TOOL_STORE_HELD && status != TOOL_NO_STORE && order->yes;
    if (status && !hopeless)
        return tool_complain(status, "%s", why.sentence);
    struct label label = store ? label_of(store) : (struct label){ "" };
    if (!confirmed(order, &label)) {
        store_close(&store);
        return tool_complain(TOOL_FAILED, "that is not its label; nothing was changed");
    }
    status = store ? last_words(store, &note) : 0;
    store_close(&store);
    if (status)
        return status;
    const struct store_place place = {
        .folder = order->place.folder,
        .anchor = order->place.anchor,
        .key_file = order->place.key_file,
        /* no key file of its own to destroy */
        .unlock = order->place.passphrase_file || order->place.credential ? UNLOCK_PASSPHRASE
                                                                          : UNLOCK_KEY_FILE,
    };
    int r = destroy_files(&place);
    if (r)
        return store_order_failed(r);
    name_what_stays(order->operand[0]);
    if (order->as_json)
        return value_print(json_pack("{s:o,s:s%}", "destroyed",
                                     text_value(span_of_text(order->operand[0])), "checkpoint",
                                     (const char *)note_bytes, note.size));
    text_print(stdout, "destroyed %s; the last checkpoint of its log:\n", order->operand[0]);
    text_lines(stdout, written(&note));
    return TOOL_DONE;
}
