/* SPDX-License-Identifier: Apache-2.0 */
/* A whole token in memory, with the test as the driver that listens. */
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "card-os/device.h"
#include "crypto/crypto.h"
#include "daemon/errand.h"
#include "daemon/log_orders.h"
#include "daemon/notify.h"
#include "daemon/token.h"
#include "tests/support/folder.h"
#include "tests/support/suite.h"

struct bench {
    struct config config;
    struct token token;
    int listener, driver;
};

static void bench_init(struct bench *b)
{
    struct config_error error;
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    memset(b, 0, sizeof *b);
    ck_assert_int_eq(config_read(&b->config, 2, (char *[]){ "glasshsmd", "--ephemeral" }, &error),
                     0);
    b->listener = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(b->listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(getsockname(b->listener, (struct sockaddr *)&address, &size), 0);
    b->config.port = ntohs(address.sin_port);
    ck_assert_int_eq(listen(b->listener, 1), 0);
    ck_assert_int_eq(crypto_init(), 0);
    ck_assert_int_eq(token_start(&b->token, &b->config, NULL), 0);
    b->driver = accept(b->listener, NULL, NULL);
    ck_assert_int_ge(b->driver, 0);
}

static void bench_end(struct bench *b)
{
    token_stop(&b->token);
    close(b->driver);
    close(b->listener);
}

static void say(struct bench *b, struct span frame)
{
    ck_assert_int_eq(send(b->driver, frame.at, frame.size, 0), (ssize_t)frame.size);
}
#define SAY(b, ...) say((b), SPAN_OF(((const uint8_t[]){ __VA_ARGS__ })))

/* One frame's payload, in a buffer of ours. */
static struct span hear(struct bench *b)
{
    static uint8_t bytes[1024];
    uint8_t head[2];
    ck_assert_int_eq(recv(b->driver, head, 2, MSG_WAITALL), 2);
    struct reader in = reader_of(SPAN_OF(head));
    size_t size = read_u16(&in);
    ck_assert_int_eq(recv(b->driver, bytes, size, MSG_WAITALL), (ssize_t)size);
    return span_of(bytes, size);
}

static uint16_t status_word(struct span answer)
{
    struct reader in = reader_of(span_part(answer, answer.size - 2, 2));
    return read_u16(&in);
}

static void wait_for_job(struct bench *b)
{
    struct pollfd polled = { .fd = token_fd(&b->token), .events = POLLIN };
    ck_assert_int_eq(poll(&polled, 1, 20000), 1);
}

START_TEST(the_reader_sees_a_card_with_the_development_pins)
{
    struct bench b;
    bench_init(&b);
    SAY(&b, 0, 1, 1);
    SAY(&b, 0, 1, 4);
    ck_assert(span_equal(hear(&b), card_atr));
    /* SELECT as in protocol.md 14, then VERIFY of the user PIN 648219 (protocol.md 3) */
    SAY(&b, 0x00, 0x11, 0x00, 0xA4, 0x04, 0x00, 0x0B, 0xE8, 0x2B, 0x06, 0x01, 0x04, 0x01, 0x81,
        0xC3, 0x1F, 0x02, 0x01, 0x00);
    ck_assert_uint_eq(status_word(hear(&b)), 0x9000);
    SAY(&b, 0x00, 0x0B, 0x00, 0x20, 0x00, 0x81, 0x06, '6', '4', '8', '2', '1', '9');
    ck_assert_uint_eq(status_word(hear(&b)), 0x9000);
    ck_assert(token_page(&b.token).attached);
    bench_end(&b);
}
END_TEST

START_TEST(the_page_follows_the_store)
{
    struct bench b;
    bench_init(&b);
    struct token_page before = token_page(&b.token);
    ck_assert_int_eq(before.state, TOKEN_READY);
    ck_assert(before.store.ephemeral && before.store.usable);
    SAY(&b, 0x00, 0x0B, 0x00, 0x20, 0x00, 0x81, 0x06, '6', '4', '8', '2', '1', '9');
    hear(&b);
    struct token_page after = token_page(&b.token);
    ck_assert_uint_gt(after.store.generation, before.store.generation);
    ck_assert_uint_gt(after.log.size, before.log.size);
    ck_assert(!after.running);
    bench_end(&b);
}
END_TEST

START_TEST(nothing_runs_so_nothing_is_cancelled)
{
    struct bench b;
    bench_init(&b);
    struct token_cancelled told = token_cancel(&b.token);
    ck_assert(!told.stopping);
    ck_assert_ptr_null(told.command);
    bench_end(&b);
}
END_TEST

static void page_done(void *context, struct log_page *page)
{
    (void)page;
    *(bool *)context = true;
}

START_TEST(the_log_begins_with_the_stores_creation)
{
    struct bench b;
    bool done = false;
    static struct log_page page;
    bench_init(&b);
    page = (struct log_page){ .from = 1, .count = 2, .done = page_done, .context = &done };
    token_read_log(&b.token, &page);
    while (!done) {
        wait_for_job(&b);
        ck_assert_int_eq(token_ready(&b.token), TOKEN_READY);
    }
    ck_assert_int_eq(page.result, 0);
    ck_assert_uint_eq(page.lines, 2);
    struct audit_record record;
    ck_assert(audit_record_read(page.line[0], &record));
    ck_assert_int_eq(record.action, AUDIT_STORE_CREATED);
    ck_assert(audit_record_read(page.line[1], &record));
    ck_assert_int_eq(record.action, AUDIT_POWER_ON);
    bench_end(&b);
}
END_TEST

START_TEST(a_store_that_is_not_there_is_refused_with_a_sentence)
{
    struct bench b;
    struct config_error error;
    memset(&b, 0, sizeof b);
    ck_assert_int_eq(
        config_read(&b.config, 2, (char *[]){ "glasshsmd", "--store=/nonexistent/token" }, &error),
        0);
    int r = token_start(&b.token, &b.config, NULL);
    ck_assert_int_eq(r, STORE_MISSING);
    ck_assert_ptr_nonnull(strstr(b.token.refusal.sentence, "/nonexistent/token"));
    token_stop(&b.token);
    token_stop(&b.token);
}
END_TEST

/* A store on disk under a passphrase, and what the daemon makes of a file with this text. */
static int start_with_passphrase(struct folder *folder, const char *text)
{
    struct bench b;
    struct config_error error;
    struct file_path secret = folder_file(folder, "passphrase");
    memset(&b, 0, sizeof b);
    file_write(secret.text, span_of_text(text), 0600);
    ck_assert_int_eq(config_read(&b.config, 5,
                                 (char *[]){ "glasshsmd", "--store", folder->path,
                                             "--store.passphrase-file", secret.text },
                                 &error),
                     0);
    int r = token_start(&b.token, &b.config, NULL);
    token_stop(&b.token);
    return r;
}

START_TEST(the_passphrase_is_the_first_line_of_its_file)
{
    struct folder folder = folder_make();
    struct store *store = NULL;
    struct store_refusal why;
    const struct store_place place = { .folder = folder.path,
                                       .unlock = UNLOCK_PASSPHRASE,
                                       .passphrase = span_of_text("correct horse") };
    ck_assert_int_eq(store_create(&place, &store, &why), 0);
    store_close(&store);
    ck_assert_int_eq(start_with_passphrase(&folder, "correct horse\nand a remark\n"), 0);
    ck_assert_int_eq(start_with_passphrase(&folder, "correct horse"), 0);
    ck_assert_int_eq(start_with_passphrase(&folder, "correct horse \n"), STORE_LOCKED_OUT);
    ck_assert_int_eq(start_with_passphrase(&folder, ""), FAULT_DISK);
    folder_remove(&folder);
}
END_TEST

START_TEST(no_reader_ends_the_token_when_that_is_wished)
{
    struct bench b;
    bench_init(&b);
    token_stop(&b.token);
    close(b.driver);
    close(b.listener);
    b.config.retry = RETRY_EXIT;
    b.config.port = 1; /* nobody listens there: it needs root and is long out of use */
    ck_assert_int_eq(token_start(&b.token, &b.config, NULL), 0);
    while (token_ready(&b.token) == TOKEN_READY)
        wait_for_job(&b);
    ck_assert_int_eq(token_ready(&b.token), TOKEN_NO_READER);
    wait_for_job(&b); /* it is told as often as somebody asks */
    ck_assert_int_eq(token_ready(&b.token), TOKEN_NO_READER);
    token_stop(&b.token);
}
END_TEST

START_TEST(readiness_is_one_datagram)
{
    char got[32] = { 0 };
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    socklen_t size = sizeof address;
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    /* an abstract name of the kernel's choice: zero, then five hexadecimal digits */
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address.sun_family), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    address.sun_path[0] = '@';
    setenv("NOTIFY_SOCKET", address.sun_path, 1);
    notify_last(notify_open(), "READY=1");
    ck_assert_int_eq(recv(fd, got, sizeof got, MSG_DONTWAIT), 7);
    ck_assert_str_eq(got, "READY=1");
    close(fd);
}
END_TEST

/* --- Orders to the log --- */

struct asked {
    bool done;
    json_t *answer;
    const char *error;
};

static void errand_done(void *context, struct errand *errand)
{
    struct asked *asked = context;
    asked->answer = errand->answer;
    asked->error = errand->error;
    asked->done = true;
}

/* Takes the request; the answer is the caller's to release. */
static struct asked order(struct bench *b, errand_run *run, json_t *request)
{
    struct asked asked = { 0 };
    struct errand errand = {
        .run = run, .request = request, .uid = 7, .file = -1, .done = errand_done, .context = &asked
    };
    ck_assert_ptr_nonnull(request);
    token_run(&b->token, &errand);
    while (!asked.done) {
        wait_for_job(b);
        token_ready(&b->token);
    }
    json_decref(request);
    return asked;
}

static json_int_t number_in(struct asked asked, const char *key)
{
    ck_assert_msg(asked.answer != NULL, "%s", asked.error);
    return json_integer_value(json_object_get(asked.answer, key));
}

static struct span text_in(struct asked asked, const char *key)
{
    const json_t *text = json_object_get(asked.answer, key);
    ck_assert(json_is_string(text));
    return span_of(json_string_value(text), json_string_length(text));
}

START_TEST(checkpoint_tells_what_a_stranger_needs)
{
    struct bench b;
    struct signed_checkpoint note;
    struct receipt receipt;
    bench_init(&b);
    struct asked asked = order(&b, order_checkpoint, json_object());
    struct reader in = reader_of(text_in(asked, "checkpoint"));
    checkpoint_read(&in, &note);
    ck_assert(read_finished(&in));
    ck_assert_uint_eq(note.checkpoint.size, token_page(&b.token).log.size);
    ck_assert_uint_eq(note.checkpoint.epoch, 2); /* since INITIALIZE */
    in = reader_of(text_in(asked, "receipt"));
    receipt_read(&in, &receipt);
    ck_assert(read_finished(&in));
    const json_t *handovers = json_object_get(asked.answer, "handovers");
    ck_assert_uint_eq(json_array_size(handovers), 1);
    const json_t *first = json_array_get(handovers, 0);
    in = reader_of(span_of(json_string_value(first), json_string_length(first)));
    checkpoint_read(&in, &note);
    ck_assert(read_finished(&in));
    ck_assert_int_eq(checkpoint_verify(&note, &receipt.key), 0);
    json_decref(asked.answer);
    bench_end(&b);
}
END_TEST

START_TEST(acknowledging_is_told_and_happens_once)
{
    struct bench b;
    bench_init(&b);
    struct asked asked = order(&b, order_checkpoint, json_object());
    json_t *request = json_pack("{s:O}", "note", json_object_get(asked.answer, "checkpoint"));
    json_incref(request);
    struct asked first = order(&b, order_acknowledge, request);
    struct asked second = order(&b, order_acknowledge, request);
    ck_assert_int_eq(number_in(first, "epoch"), 3);
    ck_assert_int_gt(number_in(first, "acknowledged"), 0);
    ck_assert_ptr_null(second.answer);
    ck_assert_ptr_nonnull(strstr(second.error, "acknowledged before"));
    ck_assert_uint_eq(token_page(&b.token).log.epoch, 3);
    json_decref(asked.answer);
    json_decref(first.answer);
    bench_end(&b);
}
END_TEST

START_TEST(policy_is_shown_and_set_and_fixed)
{
    struct bench b;
    bench_init(&b);
    struct asked shown = order(&b, order_policy, json_object());
    ck_assert(span_equal(text_in(shown, "forced"), span_of_text("off")));
    ck_assert(span_equal(text_in(shown, "keep"), span_of_text("all")));
    uint64_t size = token_page(&b.token).log.size;
    struct asked set = order(
        &b, order_policy,
        json_pack("{s:s,s:i,s:i,s:s}", "forced", "fixed", "limit", 5, "keep", 40, "read", "free"));
    ck_assert_int_eq(number_in(set, "limit"), 5);
    ck_assert_int_eq(number_in(set, "keep"), 40);
    ck_assert(span_equal(text_in(set, "read"), span_of_text("free")));
    ck_assert_uint_eq(token_page(&b.token).log.size, size + 1); /* to show it is no change */
    struct asked refused = order(&b, order_policy, json_pack("{s:s}", "forced", "off"));
    ck_assert_ptr_null(refused.answer);
    ck_assert_ptr_nonnull(strstr(refused.error, "fixed"));
    json_decref(shown.answer);
    json_decref(set.answer);
    bench_end(&b);
}
END_TEST

/* Neither order makes such a store; somebody's other program may have. */
static void make_contradicted(const struct store_place *place)
{
    struct store *store = NULL;
    struct store_refusal why;
    const struct audit_policy policy = { .forced = AUDIT_FORCED_ON, .limit = 10 };
    const struct audit_record event = { .action = AUDIT_AUDIT_POLICY, .sw = 0x9000 };
    ck_assert_int_eq(store_create(place, &store, &why), 0);
    ck_assert_int_eq(store_begin(store), 0);
    ck_assert_int_eq(audit_set_policy(store, &policy, &event), 0);
    ck_assert_int_eq(store_put(store, OBJECT_DEVICE, DEVICE_STRICT, (struct span){ 0 }), 0);
    ck_assert_int_eq(store_commit(store, true), 0);
    store_close(&store);
}

START_TEST(strict_with_a_forced_audit_does_not_start)
{
    static struct bench b;
    struct config_error error;
    struct folder folder = folder_make();
    const struct store_place place = { .folder = folder.path, .unlock = UNLOCK_KEY_FILE };
    make_contradicted(&place);
    ck_assert_int_eq(
        config_read(&b.config, 3, (char *[]){ "glasshsmd", "--store", folder.path }, &error), 0);
    ck_assert_int_eq(token_start(&b.token, &b.config, NULL), POWER_CONTRADICTED);
    ck_assert_ptr_nonnull(strstr(b.token.refusal.sentence, "audit is forced"));
    ck_assert_ptr_nonnull(strstr(b.token.refusal.sentence, folder.path));
    token_stop(&b.token);
    folder_remove(&folder);
}
END_TEST

START_TEST(strict_token_in_memory_says_so_and_takes_no_forced_audit)
{
    static struct bench b;
    struct config_error error;
    ck_assert_int_eq(config_read(&b.config, 3,
                                 (char *[]){ "glasshsmd", "--ephemeral", "--ephemeral.strict=yes" },
                                 &error),
                     0);
    ck_assert_int_eq(crypto_init(), 0);
    ck_assert_int_eq(token_start(&b.token, &b.config, NULL), 0);
    ck_assert(token_page(&b.token).strict);
    struct asked refused = order(&b, order_policy, json_pack("{s:s}", "forced", "on"));
    ck_assert_ptr_null(refused.answer);
    ck_assert_ptr_nonnull(strstr(refused.error, "strict"));
    struct asked set = order(&b, order_policy, json_pack("{s:s}", "read", "free"));
    ck_assert_ptr_nonnull(set.answer);
    json_decref(set.answer);
    token_stop(&b.token);
}
END_TEST

START_TEST(orders_that_make_no_sense_are_refused_with_a_sentence)
{
    struct bench b;
    bench_init(&b);
    const struct {
        errand_run *run;
        const char *request;
    } cases[] = {
        { order_policy, "{\"forced\":\"perhaps\"}" },
        { order_policy, "{\"limit\":0}" },
        { order_policy, "{\"limit\":-1}" },
        { order_policy, "{\"limit\":4294967296}" },
        { order_policy, "{\"keep\":\"some\"}" },
        { order_policy, "{\"read\":7}" },
        { order_note, "{}" },
        { order_note, "{\"text\":\"\"}" },
        { order_note, "{\"text\":\"two\\nlines\"}" },
        { order_note, "{\"text\":\"123456789012345678901234567890123\"}" },
        { order_acknowledge, "{}" },
        { order_acknowledge, "{\"note\":\"yes\"}" },
    };
    uint64_t size = token_page(&b.token).log.size;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct asked asked = order(&b, cases[i].run, json_loads(cases[i].request, 0, NULL));
        ck_assert_msg(!asked.answer && asked.error, "%s", cases[i].request);
    }
    ck_assert_uint_eq(token_page(&b.token).log.size, size);
    bench_end(&b);
}
END_TEST

static void keep_page(void *context, struct log_page *page)
{
    *(bool *)context = true;
    ck_assert_int_eq(page->result, 0);
}

static struct audit_record last_record(struct bench *b)
{
    bool done = false;
    struct log_page page = {
        .from = token_page(&b->token).log.size, .count = 1, .done = keep_page, .context = &done
    };
    struct audit_record record = { 0 };
    token_read_log(&b->token, &page);
    while (!done) {
        wait_for_job(b);
        token_ready(&b->token);
    }
    ck_assert(audit_record_read(page.line[0], &record));
    return record;
}

START_TEST(admin_is_named_by_his_number)
{
    struct bench b;
    bench_init(&b);
    struct asked asked = order(&b, order_note, json_pack("{s:s}", "text", "lunch"));
    struct audit_record record = last_record(&b);
    ck_assert_int_eq(number_in(asked, "record"), (json_int_t)record.seq);
    ck_assert_int_eq(record.action, AUDIT_LOG_NOTE);
    ck_assert_int_eq(record.role, AUDIT_ADMIN);
    ck_assert_uint_eq(record.admin_uid, 7);
    ck_assert_str_eq((const char *)record.digest, "lunch");
    json_decref(asked.answer);
    asked = order(&b, order_record_cancel, json_object());
    ck_assert_int_eq(last_record(&b).action, AUDIT_ADMIN_CANCEL);
    json_decref(asked.answer);
    bench_end(&b);
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "token", the_reader_sees_a_card_with_the_development_pins, the_page_follows_the_store,
        nothing_runs_so_nothing_is_cancelled, the_log_begins_with_the_stores_creation,
        a_store_that_is_not_there_is_refused_with_a_sentence,
        the_passphrase_is_the_first_line_of_its_file, strict_with_a_forced_audit_does_not_start,
        strict_token_in_memory_says_so_and_takes_no_forced_audit,
        no_reader_ends_the_token_when_that_is_wished, readiness_is_one_datagram,
        checkpoint_tells_what_a_stranger_needs, acknowledging_is_told_and_happens_once,
        policy_is_shown_and_set_and_fixed, orders_that_make_no_sense_are_refused_with_a_sentence,
        admin_is_named_by_his_number);
}
