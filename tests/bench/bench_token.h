/* A token in this process, with the clock, the chance and the store of the daemon's own
 * (daemon/power.c): what the card itself costs, with no socket in between. */
#pragma once

#include "daemon/power.h"

struct bench_token {
    struct config config;
    struct power *power;
    struct writer answer;
};

/* A new token with the customary PINs (user PIN 648219), powered on; folder: where its store is
 * made, NULL: in memory. */
void bench_token_make(struct bench_token *token, const char *folder);
void bench_token_end(struct bench_token *token);
/* Makes a token in the folder, powered off, by a process of its own: OpenSSL in this one keeps its
 * usual heap, so that a reference measured here is a stranger's. */
void bench_token_make_apart(char *folder);

/* Sends a command; the answer, without its status word, is good until the next. Any other status
 * word than `expected` ends the program. */
struct span bench_token_send(struct bench_token *token, struct span command, uint16_t expected);
struct span bench_token_send_hex(struct bench_token *token, const char *command, uint16_t expected);

/* Commands as hexadecimal text. */
#define TOKEN_SELECT       "00 A4 04 0C 0B E82B0601040181C31F0201"
#define TOKEN_READ_INFO    "00 B1 2F 03 04 54 02 00 00 00"
#define TOKEN_CHALLENGE    "00 84 00 00 08"
#define TOKEN_VERIFY       "00 20 00 81 06 363438323139"
#define TOKEN_VERIFY_QUERY "00 20 00 81"
#define TOKEN_INITIALIZE   "80 50 00 00 19 80020001 8106363438323139 82083537363231383830 910103"
#define TOKEN_GENERATE_RSA2048                                                                     \
    "00 46 01 00 00 00 34 5F290100 4209555443413030303031 7F4910 060A04007F00070202020102"         \
    "02020800 5F200F455348534D30303030313030303031"
#define TOKEN_GENERATE_P256                                                                        \
    "00 46 02 00 00 00 FF 5F290100 4209555443413030303031 7F4981DA 060A04007F00070202020203"       \
    "8120FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF"                         \
    "8220FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFC"                         \
    "83205AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B 844104"                  \
    "6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296"                             \
    "4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5"                             \
    "8520FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551 870101"                  \
    "5F200F455348534D30303030313030303031"
