/* SPDX-License-Identifier: Apache-2.0 */
/* formats/cvc: a request is exactly one, with nothing in it or behind it that nobody signed. */
#include "formats/cvc.h"

#include <string.h>

#include "base/tlv.h"
#include "tests/support/papers.h"
#include "tests/support/suite.h"

static struct card_fixture card;
static struct papers papers;

static void set_up(void)
{
    uint8_t bytes[1024];
    struct writer command = WRITER_OF(bytes);
    card_fixture_init(&card);
    card_fixture_initialise(&card);
    papers_of_device(&card, &papers);
    ck_assert_uint_eq(card_fixture_status(&card, VERIFY_USER), 0x9000);
    papers_write_generate(&command, 1, "P-256", NULL, PAPERS_NO_DOMAIN);
    ck_assert_uint_eq(answer_status(card_fixture_send(&card, written(&command))), 0x9000);
    papers_take_request(&card, &papers);
}

static void tear_down(void)
{
    card_fixture_deinit(&card);
}

static int read_request(struct span value)
{
    struct cvc_request request;
    struct reader in = reader_of(value);
    return cvc_read_request(&in, &request);
}

START_TEST(a_request_is_read_whole_or_not_at_all)
{
    ck_assert_int_eq(read_request(papers.request), 0);
    for (size_t size = 0; size < papers.request.size; size++)
        ck_assert_int_gt(read_request(span_part(papers.request, 0, size)), 0);
}
END_TEST

START_TEST(nothing_stands_behind_a_request)
{
    static const char *const rubbish[] = { "x", "\x5F\x37\x01x", "\x42\x01x" };
    uint8_t bytes[2048];
    for (size_t i = 0; i < COUNT_OF(rubbish); i++) {
        struct writer out = WRITER_OF(bytes);
        write_span(&out, papers.request);
        write_text(&out, rubbish[i]);
        ck_assert_int_gt(read_request(written(&out)), 0);
    }
}
END_TEST

/* Behind the signature of the inner request, which the device's covers and the key's own does
 * not. */
START_TEST(nothing_stands_behind_the_inner_request)
{
    uint8_t bytes[2048];
    struct writer out = WRITER_OF(bytes);
    struct reader in = reader_of(papers.request);
    struct tlv inner = tlv_read(&in);
    struct tlv_mark certificate = tlv_open(&out, CVC_CERTIFICATE);
    write_span(&out, inner.value);
    write_text(&out, "x");
    tlv_close(&out, certificate);
    write_span(&out, read_rest(&in));
    ck_assert_int_gt(read_request(written(&out)), 0);
}
END_TEST

int main(void)
{
    return RUN_TESTS_WITH("cvc_request", set_up, tear_down, a_request_is_read_whole_or_not_at_all,
                          nothing_stands_behind_a_request, nothing_stands_behind_the_inner_request);
}
