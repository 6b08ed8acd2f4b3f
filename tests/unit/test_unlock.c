/* SPDX-License-Identifier: Apache-2.0 */
/* storage/unlock: the right key file or passphrase opens a store, and nothing else does. */
#include "storage/unlock.h"

#include <sys/stat.h>

#include "tests/support/stores.h"
#include "tests/support/suite.h"

static struct store_place with_passphrase(const char *folder, const char *passphrase)
{
    return (struct store_place){ .folder = folder,
                                 .unlock = UNLOCK_PASSPHRASE,
                                 .passphrase = span_of_text(passphrase) };
}

static void create_with_passphrase(const char *folder, const char *passphrase)
{
    struct store *s = NULL;
    struct store_refusal why = { "" };
    struct store_place place = with_passphrase(folder, passphrase);
    ck_assert_msg(store_create(&place, &s, &why) == 0, "%s", why.sentence);
    stores_put_key(s, 1, "one");
    store_close(&s);
}

START_TEST(key_file_is_private_hex)
{
    struct folder folder = stores_make_small();
    struct file_path path = folder_file(&folder, "seal.key");
    SCOPED(bytes_free) struct bytes content = file_read(path.text);
    struct stat facts;
    uint8_t key[32];
    struct writer out = WRITER_OF(key);
    ck_assert_int_eq(stat(path.text, &facts), 0);
    ck_assert_uint_eq(facts.st_mode & 0777, 0600);
    ck_assert_uint_eq(content.size, 65);
    ck_assert_int_eq(content.at[64], '\n');
    content.at[64] = '\0';
    ck_assert(hex_decode((const char *)content.at, &out));
    ck_assert_uint_eq(out.size, 32);
    ck_assert(!span_is_zero(SPAN_OF(key)));
    folder_remove(&folder);
}
END_TEST

START_TEST(key_file_for_others_eyes_is_refused)
{
    struct folder folder = stores_make_small();
    struct file_path path = folder_file(&folder, "seal.key");
    struct store_place place = stores_place(folder.path);
    static const mode_t modes[] = { 0640, 0604, 0620, 0601 };
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        ck_assert_int_eq(chmod(path.text, modes[i]), 0);
        ck_assert_int_eq(stores_refusal(&place), STORE_DENIED);
    }
    ck_assert_int_eq(chmod(path.text, 0400), 0);
    struct store *s = stores_open(folder.path);
    store_close(&s);
    folder_remove(&folder);
}
END_TEST

START_TEST(missing_key_file_locks_out)
{
    struct folder folder = stores_make_small();
    struct file_path path = folder_file(&folder, "elsewhere.key");
    struct store_place place = stores_place(folder.path);
    place.key_file = path.text;
    ck_assert_int_eq(stores_refusal(&place), STORE_LOCKED_OUT);
    folder_remove(&folder);
}
END_TEST

START_TEST(key_file_of_another_store_is_foreign)
{
    struct folder folder = stores_make_small(), other = stores_make_small();
    struct file_path path = folder_file(&other, "seal.key");
    struct store_place place = stores_place(folder.path);
    place.key_file = path.text;
    ck_assert_int_eq(stores_refusal(&place), STORE_FOREIGN);
    folder_remove(&folder);
    folder_remove(&other);
}
END_TEST

START_TEST(malformed_key_files_are_refused)
{
    static const char *const contents[] = {
        "",
        "\n",
        "00",
        "zz0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20\n",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e\n",
    };
    struct folder folder = stores_make_small();
    struct file_path path = folder_file(&folder, "other.key");
    struct store_place place = stores_place(folder.path);
    place.key_file = path.text;
    for (size_t i = 0; i < COUNT_OF(contents); i++) {
        file_write(path.text, span_of_text(contents[i]), 0600);
        ck_assert_msg(stores_refusal(&place) == STORE_FOREIGN, "content %zu", i);
    }
    folder_remove(&folder);
}
END_TEST

START_TEST(key_file_that_is_there_is_used)
{
    struct folder folder = folder_make();
    struct file_path path = folder_file(&folder, "seal.key");
    struct span key =
        span_of_text("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n");
    file_write(path.text, key, 0600);
    struct store *s = stores_create(folder.path);
    store_close(&s);
    SCOPED(bytes_free) struct bytes content = file_read(path.text);
    ck_assert(span_equal(span_of(content.at, content.size), key));
    s = stores_open(folder.path);
    store_close(&s);
    folder_remove(&folder);
}
END_TEST

START_TEST(passphrase_opens_and_a_wrong_one_does_not)
{
    struct folder folder = folder_make();
    create_with_passphrase(folder.path, "correct horse");
    struct store_place right = with_passphrase(folder.path, "correct horse");
    struct store_place wrong = with_passphrase(folder.path, "correct horsf");
    struct store_place empty = with_passphrase(folder.path, "");
    struct store *s = NULL;
    struct store_refusal why;

    ck_assert_int_eq(stores_refusal(&wrong), STORE_LOCKED_OUT);
    ck_assert_int_eq(stores_refusal(&empty), STORE_LOCKED_OUT);
    ck_assert_int_eq(store_open(&right, &s, &why), 0);
    stores_assert_key(s, 1, "one");
    store_close(&s);
    folder_remove(&folder);
}
END_TEST

START_TEST(store_with_a_key_file_has_no_passphrase)
{
    struct folder folder = stores_make_small();
    struct store_place place = with_passphrase(folder.path, "anything");
    ck_assert_int_eq(stores_refusal(&place), STORE_LOCKED_OUT);
    folder_remove(&folder);
}
END_TEST

int main(void)
{
    return RUN_TESTS("unlock", key_file_is_private_hex, key_file_for_others_eyes_is_refused,
                     missing_key_file_locks_out, key_file_of_another_store_is_foreign,
                     malformed_key_files_are_refused, key_file_that_is_there_is_used,
                     passphrase_opens_and_a_wrong_one_does_not,
                     store_with_a_key_file_has_no_passphrase);
}
