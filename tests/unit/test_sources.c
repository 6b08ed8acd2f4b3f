/* SPDX-License-Identifier: Apache-2.0 */
/* storage/sources: ways to unlock a store are added, removed and renewed; no object is touched. */
#include "storage/sources.h"

#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "storage/internal.h"
#include "tests/support/stores.h"
#include "tests/support/suite.h"

static struct store *open_for_change(const struct folder *folder)
{
    struct store *s = NULL;
    struct store_refusal why = { "" };
    struct store_place place = stores_place(folder->path);
    place.keep_unlocked = true;
    ck_assert_msg(store_open(&place, &s, &why) == 0, "%s", why.sentence);
    return s;
}

static int open_with_passphrase(const struct folder *folder, const char *passphrase)
{
    struct store *s = NULL;
    struct store_refusal why = { "" };
    struct store_place place = stores_place(folder->path);
    place.unlock = UNLOCK_PASSPHRASE;
    place.passphrase = span_of_text(passphrase);
    int r = store_open(&place, &s, &why);
    if (!r)
        stores_assert_key(s, 1, "one");
    store_close(&s);
    return r;
}

static const struct unlock_source passphrase = { .kind = UNLOCK_PASSPHRASE,
                                                 .passphrase = { (const uint8_t *)"horse", 5 } };

static void add_passphrase(const struct folder *folder)
{
    struct store *s = open_for_change(folder);
    ck_assert_int_eq(sources_add(s, &passphrase, "for the safe", 7), 0);
    store_close(&s);
}

static bool take_last(void *context, uint64_t seq, struct span line)
{
    (void)seq;
    return audit_record_read(line, context);
}

static struct audit_record last_record(struct store *s)
{
    struct audit_record record = { 0 };
    ck_assert_int_eq(audit_read(s, 1, take_last, &record), 0);
    return record;
}

START_TEST(added_source_opens_as_well_as_the_first)
{
    struct folder folder = stores_make_small();
    struct source_list list;
    add_passphrase(&folder);
    ck_assert_int_eq(open_with_passphrase(&folder, "horse"), 0);
    ck_assert_int_eq(open_with_passphrase(&folder, "house"), STORE_LOCKED_OUT);

    struct store *s = open_for_change(&folder);
    ck_assert_int_eq(sources_list(s, &list), 0);
    ck_assert_uint_eq(list.count, 2);
    ck_assert(list.at[0].used && !list.at[1].used);
    ck_assert_int_eq(list.at[1].kind, UNLOCK_PASSPHRASE);
    ck_assert_str_eq(list.at[1].name, "for the safe");
    struct audit_record record = last_record(s);
    ck_assert_int_eq(record.action, AUDIT_UNLOCK_ADDED);
    ck_assert_int_eq(record.role, AUDIT_ADMIN);
    ck_assert_uint_eq(record.admin_uid, 7);
    store_close(&s);
    folder_remove(&folder);
}
END_TEST

/* Of two sources of one kind the first that does not fit is not the last word. */
START_TEST(sources_of_one_kind_lock_each_other_not_out)
{
    static const struct unlock_source second = { .kind = UNLOCK_PASSPHRASE,
                                                 .passphrase = { (const uint8_t *)"staple", 6 } };
    struct folder folder = stores_make_small();
    add_passphrase(&folder);
    struct store *s = open_for_change(&folder);
    ck_assert_int_eq(sources_add(s, &second, "of somebody else", 7), 0);
    store_close(&s);
    ck_assert_int_eq(open_with_passphrase(&folder, "horse"), 0);
    ck_assert_int_eq(open_with_passphrase(&folder, "staple"), 0);
    ck_assert_int_eq(open_with_passphrase(&folder, "battery"), STORE_LOCKED_OUT);
    folder_remove(&folder);
}
END_TEST

START_TEST(removed_source_opens_no_more_and_the_last_one_stays)
{
    struct folder folder = stores_make_small();
    struct source_list list;
    add_passphrase(&folder);
    struct store *s = stores_open(folder.path);
    ck_assert_int_eq(sources_list(s, &list), 0);
    ck_assert_int_eq(sources_remove(s, 99, 7), SOURCE_UNKNOWN);
    ck_assert_int_eq(sources_remove(s, list.at[1].number, 7), 0);
    ck_assert_int_eq(last_record(s).action, AUDIT_UNLOCK_REMOVED);
    ck_assert_int_eq(sources_remove(s, list.at[0].number, 7), SOURCE_LAST);
    store_close(&s);
    ck_assert_int_eq(open_with_passphrase(&folder, "horse"), STORE_LOCKED_OUT);
    s = stores_open(folder.path);
    stores_assert_key(s, 1, "one");
    store_close(&s);
    folder_remove(&folder);
}
END_TEST

/* The key of a file, handed over without one. */
START_TEST(handed_key_opens_what_its_file_opened)
{
    struct folder folder = stores_make_small();
    struct file_path key = folder_file(&folder, "seal.key"), other = folder_file(&folder, "handed");
    SCOPED(bytes_free) struct bytes content = file_read(key.text);
    struct store_place place = stores_place(folder.path);
    struct store_refusal why = { "" };
    struct store *s = NULL;
    file_write(other.text, span_of(content.at, content.size), 0440); /* as systemd leaves it */
    place.key_file = other.text;
    ck_assert_int_eq(stores_refusal(&place), STORE_DENIED);
    place.unlock = UNLOCK_HANDED_KEY;
    ck_assert_msg(store_open(&place, &s, &why) == 0, "%s", why.sentence);
    stores_assert_key(s, 1, "one");
    store_close(&s);
    folder_remove(&folder);
}
END_TEST

static struct bytes sealed_key(const struct folder *folder, struct store *s)
{
    (void)folder;
    uint8_t *at = malloc(200);
    struct writer out = writer_of(at, 200);
    stores_write_sealed(s, OBJECT_KEY, 1, &out);
    return (struct bytes){ at, out.size };
}

START_TEST(new_root_secret_touches_no_object)
{
    struct folder folder = stores_make_small();
    struct store *s = open_for_change(&folder);
    SCOPED(bytes_free) struct bytes before = sealed_key(&folder, s);
    struct unlocked *u = (struct unlocked *)(void *)s->unlocked.at;
    uint8_t root[ROOT_SIZE];
    memcpy(root, u->root, sizeof root);
    ck_assert_int_eq(sources_rekey(s, false, 7), 0);
    ck_assert(!span_equal(SPAN_OF(root), SPAN_OF(u->root)));
    ck_assert_int_eq(last_record(s).action, AUDIT_REKEYED);

    /* the old root opens nothing any more */
    uint8_t inner[INNER_SIZE];
    ck_assert_int_eq(inner_open(&s->db, root, inner), FAULT_BROKEN);
    store_close(&s);

    s = open_for_change(&folder);
    SCOPED(bytes_free) struct bytes after = sealed_key(&folder, s);
    ck_assert(span_equal(span_of(before.at, before.size), span_of(after.at, after.size)));
    store_close(&s);
    folder_remove(&folder);
}
END_TEST

START_TEST(new_root_secret_leaves_no_other_source_unseen)
{
    struct folder folder = stores_make_small();
    struct source_list list;
    add_passphrase(&folder);
    struct store *s = open_for_change(&folder);
    ck_assert_int_eq(sources_rekey(s, false, 7), SOURCE_OTHERS);
    ck_assert_int_eq(sources_rekey(s, true, 7), 0);
    ck_assert_int_eq(sources_list(s, &list), 0);
    ck_assert_uint_eq(list.count, 1);
    ck_assert_int_eq(sources_add(s, &passphrase, "again", 7), 0); /* with the new root */
    store_close(&s);
    ck_assert_int_eq(open_with_passphrase(&folder, "horse"), 0);
    s = stores_open(folder.path);
    store_close(&s);
    folder_remove(&folder);
}
END_TEST

int main(void)
{
    return RUN_TESTS("sources", added_source_opens_as_well_as_the_first,
                     sources_of_one_kind_lock_each_other_not_out,
                     removed_source_opens_no_more_and_the_last_one_stays,
                     handed_key_opens_what_its_file_opened, new_root_secret_touches_no_object,
                     new_root_secret_leaves_no_other_source_unseen);
}
