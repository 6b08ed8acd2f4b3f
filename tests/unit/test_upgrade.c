/* SPDX-License-Identifier: Apache-2.0 */
/* storage/upgrade: the store that the first schema wrote becomes one of today, in one step; what a
 * newer version wrote is left alone. */
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "storage/schema.h"
#include "storage/sources.h"
#include "storage/verify.h"
#include "tests/support/card_fixture.h"
#include "tests/support/fixture.h"
#include "tests/support/stores.h"
#include "tests/support/suite.h"

/* OpenSSL's word on a plain signature of SHA-256 over P-256, under the fixture's public key. */
static bool verifies(unsigned schema, struct span signature, struct span message)
{
    SCOPED(bytes_free) struct bytes known = fixture_file(schema, "public.der");
    const uint8_t *at = known.at;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)known.size);
    ck_assert_ptr_nonnull(key);
    ECDSA_SIG *pair = ECDSA_SIG_new();
    int half = (int)signature.size / 2;
    ECDSA_SIG_set0(pair, BN_bin2bn(signature.at, half, NULL),
                   BN_bin2bn(signature.at + half, half, NULL));
    uint8_t *der = NULL;
    int size = i2d_ECDSA_SIG(pair, &der);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key);
    bool good = EVP_DigestVerify(context, der, (size_t)size, message.at, message.size) == 1;
    EVP_MD_CTX_free(context);
    OPENSSL_free(der);
    ECDSA_SIG_free(pair);
    EVP_PKEY_free(key);
    return good;
}

/* A command's answer as the verifier above wants it: r and s of equal length, one after the other,
 * from the DER that the card gives. */
static struct span plain_signature(struct span der, uint8_t out[64])
{
    const uint8_t *at = der.at;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)der.size);
    ck_assert_ptr_nonnull(pair);
    ck_assert_int_eq(BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, 32), 32);
    ck_assert_int_eq(BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + 32, 32), 32);
    ECDSA_SIG_free(pair);
    return span_of(out, 64);
}

static void assert_token_works(struct store *s, unsigned schema)
{
    struct card_fixture f;
    uint8_t plain[64];
    SCOPED(bytes_free) struct bytes old = fixture_file(schema, "signature");
    SCOPED(bytes_free) struct bytes text = fixture_file(schema, "signed.txt");
    ck_assert(verifies(schema, span_of(old.at, old.size), span_of(text.at, text.size)));

    card_fixture_attach(&f, s);
    card_fixture_power_on(&f);
    ck_assert_uint_eq(card_fixture_status(&f, "00200081 06 363438323139"), 0x9000);
    ck_assert_uint_eq(card_fixture_status(&f, "80680173 06 616263646566 00"), 0x9000);
    ck_assert(
        verifies(schema, plain_signature(card_fixture_data(&f), plain), span_of_text("abcdef")));
    card_fixture_power_off(&f);
}

static unsigned schema_of(int turn)
{
    return (unsigned)turn + 1;
}

START_TEST(store_of_an_older_schema_opens_and_works)
{
    unsigned schema = schema_of(_i);
    struct folder folder = fixture_copy(schema);
    struct store *s = stores_open(folder.path);
    ck_assert_uint_gt(store_facts(s).log_size, fixture_records(schema));
    assert_token_works(s, schema);
    store_close(&s);

    s = stores_open(folder.path); /* now one of this schema, and none the worse for it */
    struct verify_report report;
    ck_assert_int_eq(verify_store(s, &report), 0);
    ck_assert_uint_eq(report.records, store_facts(s).log_size);
    ck_assert_uint_eq(report.objects, store_facts(s).objects);
    assert_token_works(s, schema);
    store_close(&s);
    folder_remove(&folder);
}
END_TEST

static bool find_migrated(void *context, uint64_t seq, struct span line)
{
    struct audit_record record;
    ck_assert(audit_record_read(line, &record));
    if (record.action == AUDIT_MIGRATED)
        *(uint64_t *)context = seq;
    return true;
}

START_TEST(log_tells_of_the_upgrade_once)
{
    unsigned schema = schema_of(_i);
    struct folder folder = fixture_copy(schema);
    uint64_t found = 0, again = 0;
    for (int i = 0; i < 2; i++) {
        struct store *s = stores_open(folder.path);
        ck_assert_int_eq(audit_read(s, 1, find_migrated, i ? &again : &found), 0);
        store_close(&s);
    }
    ck_assert_uint_gt(found, fixture_records(schema));
    ck_assert_uint_eq(found, again);
    folder_remove(&folder);
}
END_TEST

/* Somebody who has the old root secret alone, from a copy of the key file and the old database,
 * finds another one in the new. */
START_TEST(upgrade_draws_a_new_root_secret)
{
    struct folder folder = fixture_copy(1);
    struct store_place place = stores_place(folder.path);
    struct store_refusal why;
    struct source_list list;
    struct store *s = NULL;
    place.keep_unlocked = true;
    ck_assert_int_eq(store_open(&place, &s, &why), 0);
    ck_assert_int_eq(sources_list(s, &list), 0);
    ck_assert_uint_eq(list.count, 1);
    ck_assert_int_eq(list.at[0].kind, UNLOCK_KEY_FILE);
    ck_assert_int_eq(sources_rekey(s, false, 0), 0);
    store_close(&s);
    s = stores_open(folder.path);
    store_close(&s);
    folder_remove(&folder);
}
END_TEST

static void sql(const struct folder *folder, const char *script)
{
    sqlite3 *db = NULL;
    ck_assert_int_eq(sqlite3_open(folder_file(folder, "token.db").text, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, script, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static bool find_passphrase(const struct source_list *sources)
{
    for (size_t i = 0; i < sources->count; i++)
        if (sources->at[i].kind == UNLOCK_PASSPHRASE)
            return strcmp(sources->at[i].name, "in the safe") == 0;
    return false;
}

/* Of the second schema, which had more than one. */
START_TEST(unlock_sources_survive_the_upgrade)
{
    struct folder folder = fixture_copy(2);
    struct store_place place = stores_place(folder.path);
    struct source_list sources;
    struct store *s = stores_open(folder.path);
    ck_assert_int_eq(sources_list(s, &sources), 0);
    ck_assert_uint_eq(sources.count, 2);
    ck_assert(find_passphrase(&sources));
    store_close(&s);
    place.unlock = UNLOCK_PASSPHRASE;
    place.passphrase = span_of_text("a passphrase");
    struct store_refusal why;
    ck_assert_int_eq(store_open(&place, &s, &why), 0);
    assert_token_works(s, 2);
    store_close(&s);
    folder_remove(&folder);
}
END_TEST

/* Whoever could write the old store finds no way in through the upgrade: rows that the card's
 * queries would not have found, values of other types, tables beside those of a store. */
START_TEST(altered_store_is_not_upgraded)
{
    static const char *const scripts[] = {
        "UPDATE object SET id = id + 4294967296 WHERE type = 2",
        "UPDATE object SET type = type + 4294967296 WHERE type = 4",
        "UPDATE object SET type = -type WHERE type = 3",
        "UPDATE object SET serial = serial + 1000 WHERE type = 2",
        "UPDATE state SET id = 2",
        "UPDATE log_node SET leaf = leaf + 1000 WHERE leaf = (SELECT max(leaf) FROM log_node)",
        "INSERT INTO state (id, facts, mac) SELECT 2, facts, mac FROM state",
        "CREATE TABLE old_object (serial, type, id, version, sealed)",
        "CREATE VIEW other AS SELECT * FROM object",
        "CREATE TRIGGER other AFTER INSERT ON log BEGIN DELETE FROM log; END",
        "CREATE INDEX other ON object (id)",
    };
    struct folder folder = fixture_copy(schema_of(_i)), copy = folder_make();
    for (size_t i = 0; i < COUNT_OF(scripts); i++) {
        struct store_place place = stores_place(copy.path);
        folder_copy(&folder, &copy);
        sql(&copy, scripts[i]);
        struct folder_digest before = folder_digest(&copy);
        ck_assert_msg(stores_refusal(&place) == STORE_DAMAGED, "%s", scripts[i]);
        struct folder_digest after = folder_digest(&copy);
        ck_assert(span_equal(SPAN_OF(before.bytes), SPAN_OF(after.bytes)));
    }
    folder_remove(&folder);
    folder_remove(&copy);
}
END_TEST

START_TEST(looking_does_not_upgrade)
{
    struct folder folder = fixture_copy(1);
    struct folder_digest before = folder_digest(&folder);
    struct store_place place = stores_place(folder.path);
    struct store_refusal why;
    struct verify_report report;
    struct store *s = NULL;
    struct source_list sources;
    place.look_only = true;
    ck_assert_int_eq(store_open(&place, &s, &why), 0);
    ck_assert_int_eq(verify_store(s, &report), 0);
    ck_assert_uint_eq(report.records, fixture_records(1));
    ck_assert_int_eq(sources_list(s, &sources), 0);
    ck_assert_uint_eq(sources.count, 1);
    ck_assert_str_eq(sources.at[0].name, "");
    ck_assert_int_eq(store_begin(s), FAULT_BROKEN);
    store_close(&s);
    struct folder_digest after = folder_digest(&folder);
    ck_assert(span_equal(SPAN_OF(before.bytes), SPAN_OF(after.bytes)));
    folder_remove(&folder);
}
END_TEST

/* Two ways to lie about the format: neither opens. */
START_TEST(format_is_vouched_for)
{
    struct folder folder = fixture_copy(1), today = stores_make_small();
    struct store_place place = stores_place(folder.path);
    sql(&folder, "PRAGMA user_version = 2");
    ck_assert_int_eq(stores_refusal(&place), STORE_DAMAGED);
    sql(&today, "PRAGMA user_version = 1");
    place = stores_place(today.path);
    ck_assert_int_eq(stores_refusal(&place), STORE_DAMAGED);
    folder_remove(&folder);
    folder_remove(&today);
}
END_TEST

START_TEST(newer_store_is_refused_unmodified)
{
    struct folder folder = fixture_copy(1);
    struct store_place place = stores_place(folder.path);
    char script[60];
    snprintf(script, sizeof script, "PRAGMA user_version = %u", schema_version() + 1);
    sql(&folder, script);
    struct folder_digest before = folder_digest(&folder);
    ck_assert_int_eq(stores_refusal(&place), STORE_NEWER);
    struct folder_digest after = folder_digest(&folder);
    ck_assert(span_equal(SPAN_OF(before.bytes), SPAN_OF(after.bytes)));
    folder_remove(&folder);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("upgrade");
    TCase *all = tcase_create("upgrade");
    tcase_set_timeout(all, 120);
    const int older = (int)schema_version() - 1;
    tcase_add_loop_test(all, store_of_an_older_schema_opens_and_works, 0, older);
    tcase_add_loop_test(all, log_tells_of_the_upgrade_once, 0, older);
    tcase_add_loop_test(all, altered_store_is_not_upgraded, 0, older);
    tcase_add_test(all, unlock_sources_survive_the_upgrade);
    tcase_add_test(all, upgrade_draws_a_new_root_secret);
    tcase_add_test(all, looking_does_not_upgrade);
    tcase_add_test(all, format_is_vouched_for);
    tcase_add_test(all, newer_store_is_refused_unmodified);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
