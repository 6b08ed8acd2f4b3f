/* SPDX-License-Identifier: Apache-2.0 */
/* What a private key's use costs through OpenSC's PKCS#11 module, for every sort of key: ours minus
 * the canned card's (two_cards.h) minus S, the bare library's operation. Then the whole way of an
 * RSA signature beside a token in software that has no reader, SoftHSM2.
 * One in sixteen signatures on P-521 is made twice (card-os/cmd/sign.c); medians do not show it.
 * "Minus a bare card" says what is ours alone where the caches weigh more than the goal.
 *
 *     bench_sign GLASSHSMD [--short] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/bench/p11.h"
#include "tests/bench/scratch.h"
#include "tests/bench/two_cards.h"

/* Both cards, logged in. */
struct bench_tokens {
    struct two_cards cards;
    struct p11 p11;
    CK_SESSION_HANDLE ours, reference;
    const char *softhsm; /* the folder of its tokens */
};

/* A key twice, in both cards. */
struct key_pair {
    const struct key_sort *sort;
    struct operation ours, canned;
};

/* --- One row --- */

static double goal_for(struct operation bare)
{
    double share = 0.03 * bench_estimate(bare);
    return share > 30 ? share : 30;
}

static void time_use(const struct bench_tokens *tokens, const struct key_pair *pair,
                     const char *call, struct operation bare)
{
    char what[100];
    snprintf(what, sizeof what, "%s %s, minus canned, minus S", call, pair->sort->name);
    bare.name = "S";
    const struct comparison row = { .what = what,
                                    .ours = pair->ours,
                                    .references = { pair->canned, bare },
                                    .rounds = 1500,
                                    .judged = JUDGE_DIFFERENCE,
                                    .most_us = goal_for(bare) };
    bench_compare(&row);
    two_cards_compare_bare(&tokens->cards, &row, pair->sort);
}

/* --- Through OpenSC --- */

static void time_sort(struct bench_tokens *tokens, const struct key_sort *sort, CK_BYTE id)
{
    SCOPED(raw_key_free) struct raw_key raw = key_sort_raw(sort);
    struct p11_key ours = p11_make(&tokens->p11, tokens->ours, sort, id);
    struct p11_key canned = p11_make(&tokens->p11, tokens->reference, sort, id);
    time_use(tokens, &(struct key_pair){ sort, { p11_sign, &ours }, { p11_sign, &canned } },
             "C_Sign", (struct operation){ raw_key_sign, &raw });
    if (sort->curve)
        time_use(tokens, &(struct key_pair){ sort, { p11_agree, &ours }, { p11_agree, &canned } },
                 "C_DeriveKey", (struct operation){ raw_key_agree, &raw });
}

/* --- By command, in a transaction, as OpenSC would --- */

typedef void write_command(struct writer *out, uint8_t id, const struct key_sort *sort);

static void send_both(struct exchange cards[2], const struct key_sort *sort, CK_BYTE id,
                      write_command *write, struct writer *command)
{
    write_trim(command, 0);
    write(command, id, sort);
    for (size_t i = 0; i < 2; i++) {
        cards[i].command = written(command);
        exchange(&cards[i]);
    }
}

static void time_sort_by_command(struct bench_tokens *tokens, const struct key_sort *sort,
                                 CK_BYTE id)
{
    uint8_t bytes[1100];
    struct writer command = WRITER_OF(bytes);
    SCOPED(raw_key_free) struct raw_key raw = key_sort_raw(sort);
    struct exchange cards[2] = { 0 };
    struct key_pair pair = { sort, { exchange_alone, &cards[0] }, { exchange_alone, &cards[1] } };
    exchange_connect(&tokens->cards, OURS, &cards[0]);
    exchange_connect(&tokens->cards, REFERENCE, &cards[1]);
    send_both(cards, sort, id, write_generate, &command);
    send_both(cards, sort, id, write_sign, &command);
    time_use(tokens, &pair, "SIGN", (struct operation){ raw_key_sign, &raw });
    send_both(cards, sort, id, write_agree, &command);
    time_use(tokens, &pair, "DECIPHER (ECDH)", (struct operation){ raw_key_agree, &raw });
    reader_disconnect(&cards[0].card);
    reader_disconnect(&cards[1].card);
}

/* OpenSC 0.23.0 has no name for P-224. */
static bool unknown_to_opensc(const struct key_sort *sort)
{
    return strcmp(sort->name, "P-224") == 0;
}

static void time_all_sorts(struct bench_tokens *tokens)
{
    struct key_sort sorts[KEY_SORTS_MAX];
    size_t count = key_sorts(sorts);
    for (size_t i = 0; i < count; i++)
        if (unknown_to_opensc(&sorts[i]))
            time_sort_by_command(tokens, &sorts[i], (CK_BYTE)(i + 1));
        else
            time_sort(tokens, &sorts[i], (CK_BYTE)(i + 1));
}

/* --- SoftHSM2 --- */

static void configure_softhsm(const char *folder)
{
    char path[300];
    snprintf(path, sizeof path, "%s/softhsm2.conf", folder);
    FILE *file = fopen(path, "we");
    bench_require(file &&
                      fprintf(file, "directories.tokendir = %s\nlog.level = ERROR\n", folder) > 0 &&
                      fclose(file) == 0,
                  path);
    bench_require(setenv("SOFTHSM2_CONF", path, 1) == 0, "setenv");
}

static void time_beside_softhsm(struct bench_tokens *tokens)
{
    struct p11 softhsm;
    const struct key_sort rsa = key_sort_rsa(2048);
    configure_softhsm(tokens->softhsm);
    if (!p11_open(&softhsm, P11_SOFTHSM)) {
        printf("SoftHSM2 is not installed: nothing to compare with\n");
        return;
    }
    p11_init_token(&softhsm, p11_find_slot(&softhsm, "SoftHSM"));
    struct p11_key theirs = p11_make(&softhsm, p11_log_in(&softhsm, "SoftHSM"), &rsa, 1);
    struct p11_key ours = p11_make(&tokens->p11, tokens->ours, &rsa, 100);
    bench_compare(&(struct comparison){ .what = "C_Sign RSA-2048, all of it, beside SoftHSM2",
                                        .ours = { p11_sign, &ours },
                                        .references = { { p11_sign, &theirs } },
                                        .rounds = 2000,
                                        .judged = JUDGE_OURS,
                                        .factor = 1 });
    p11_close(&softhsm);
}

/* --- */

static void measure(void *context)
{
    const struct two_cards_run *run = context;
    struct bench_tokens tokens = { .softhsm = run->folder };
    two_cards_start(run->daemon, NULL, NULL, &tokens.cards);
    if (!p11_open(&tokens.p11, P11_OPENSC))
        bench_skip("OpenSC's module is not installed");
    tokens.ours = p11_log_in(&tokens.p11, OURS);
    tokens.reference = p11_log_in(&tokens.p11, REFERENCE);
    bench_heading("Keys behind pcscd and OpenSC, ephemeral token, us");
    time_beside_softhsm(&tokens);
    time_all_sorts(&tokens);
    p11_close(&tokens.p11);
    two_cards_end(&tokens.cards);
}

int main(int argc, char **argv)
{
    return two_cards_main(argc, argv, measure);
}
