/* SPDX-License-Identifier: Apache-2.0 */
/* Results as status words. */
#include "card-os/call.h"

#include "base/failure.h"
#include "card-os/capacity.h"
#include "formats/key_blob.h"
#include "tests/support/suite.h"

/* Beyond the last band. */
#define RESULTS_END 4000

static uint16_t status(int result, int *out_fault)
{
    struct call c = { 0 };
    failure_clear();
    uint16_t word = call_status(&c, result).value;
    *out_fault = c.fault;
    return word;
}

static uint16_t judgement(int result)
{
    struct call c = { 0 };
    failure_clear();
    return call_judge(&c, result, SW_WRONG_DATA).value;
}

START_TEST(unexpected_result_is_a_fault)
{
    for (int result = 1; result < RESULTS_END; result++) {
        int fault = 0;
        if (result == STORE_ABSENT || result == STORE_FULL || result == CARD_FULL)
            continue;
        ck_assert_uint_eq(status(result, &fault), STATUS_BROKEN);
        ck_assert_int_eq(fault, FAULT_LIBRARY);
    }
}
END_TEST

START_TEST(expected_results_have_their_words)
{
    int fault = 0;
    ck_assert_uint_eq(status(0, &fault), STATUS_OK);
    ck_assert_uint_eq(status(STORE_ABSENT, &fault), STATUS_NOT_FOUND);
    ck_assert_uint_eq(status(CARD_FULL, &fault), STATUS_NO_SPACE);
    ck_assert_int_eq(fault, 0);
    ck_assert_uint_eq(status(STORE_FULL, &fault), STATUS_NO_SPACE);
    ck_assert_int_eq(fault, FAULT_DISK);
}
END_TEST

START_TEST(only_bad_input_is_the_hosts_mistake)
{
    for (int result = 1; result < RESULTS_END; result++) {
        bool blames_input = result_is_of(result, RESULTS_CRYPTO) ||
                            result_is_of(result, RESULTS_CVC) ||
                            result_is_of(result, RESULTS_KEY_BLOB);
        if (result == STORE_ABSENT || result == STORE_FULL || result == CARD_FULL)
            continue;
        ck_assert_uint_eq(judgement(result), blames_input ? STATUS_WRONG_DATA : STATUS_BROKEN);
    }
    ck_assert_uint_eq(judgement(0), STATUS_OK);
    ck_assert_uint_eq(judgement(STORE_ABSENT), STATUS_NOT_FOUND);
    ck_assert_uint_eq(judgement(FAULT_MEMORY), STATUS_MEMORY_FAILURE);
}
END_TEST

int main(void)
{
    return RUN_TESTS("call", unexpected_result_is_a_fault, expected_results_have_their_words,
                     only_bad_input_is_the_hosts_mistake);
}
