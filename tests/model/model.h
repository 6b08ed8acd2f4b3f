/* SPDX-License-Identifier: Apache-2.0 */
/* A reference model of the card, written from docs/protocol.md and docs/ARCHITECTURE.md and sharing
 * no code with card-os/: plain state, one function a command. It reads a command and says which
 * status word must come, and where it can know it which data; what only the card can know (public
 * keys, challenges, session PINs) it learns from the answer, and holds the card to it from then on.
 */
#pragma once

#include "tests/model/truth.h"

#define HOLDER_MAX  16
#define FILES_MAX   512
#define WORK_MAX    8192
#define CONTENT_MAX (65535u + 65520u)
#define KEYS        256
#define PLACES_MAX  90
#define WRAPS       512
#define FORMS_MAX   64

/* --- What another device hands over, so that its keys become custodians here --- */

#define PAPERS 5
struct paper {
    struct span name, request; /* of the key; contents of 67 */
    EVP_PKEY *key;
};
struct foreign {
    struct span root, issuer, device; /* names */
    struct span issuer_certificate, device_certificate;
    struct paper papers[PAPERS];
};

/* --- State --- */

struct pin_state {
    bool exists;
    uint8_t value[16], size, left, tries;
};

struct key_state {
    bool exists;
    uint8_t type; /* 'R', 'E' or 'A' */
    unsigned serial;
    const struct group *group;
    EVP_PKEY *known; /* NULL: not known yet; RSA and EC */
    uint8_t point[POINT_MAX], point_size;
    unsigned bits;
    uint8_t secret[32], secret_size; /* AES; 0: not known */
    bool derived;                    /* the device does not vouch for it */
    bool counted;
    uint32_t uses;
    uint8_t algorithms[16], algorithm_count;
    bool in_domain, had_secret; /* had_secret: the domain's was complete */
    uint8_t domain, kek[KEK_BYTES];
    /* One answer of a key that is not known, to compare with when it is asked again. */
    uint8_t asked[1 + 64], told[64], asked_size, told_size;
};

struct file_state {
    uint16_t id;
    uint8_t *content;
    size_t size;
    unsigned request_of; /* serial of the key whose request this is, not seen yet; else 0 */
    uint8_t key;         /* its number */
};

/* The secret of a domain that was made inside is not known: kek then is a number of its own. */
struct domain_state {
    bool exists, inside, kcv_known;
    uint8_t shares, outstanding, kek[KEK_BYTES], kcv[8];
    unsigned created;
};

struct session_state {
    bool user, pin, officer, protected_login, channel_chosen;
    uint16_t current;
    bool work_exists;
    uint8_t work[WORK_MAX];
    size_t work_size;
    uint8_t challenge[64], challenge_size;
    uint8_t chosen_issuer, holders[4]; /* of enum voucher */
    int custodian;                     /* place, or -1 */
    bool signed_in[PLACES_MAX];
};

/* Who can vouch. */
enum voucher { NOBODY, OWN_ROOT, OWN_ISSUER, OWN_DEVICE, ITS_ROOT, ITS_ISSUER, ITS_DEVICE };

/* A blob that the card gave, and of what key. */
struct wrap_state {
    uint8_t blob[BLOB_MAX];
    size_t size;
    struct key_state key;
};

struct model {
    const struct foreign *foreign;
    uint8_t name[HOLDER_MAX], issuer[HOLDER_MAX];
    uint8_t chain[1024], token_info[128];
    size_t chain_size, token_info_size;
    EVP_PKEY *device;
    const struct group *device_group;

    bool initialised, transport, fixed_domain, channel;
    uint16_t options;
    struct pin_state user, officer;
    bool session_pin, session_pin_stays;
    uint8_t session_digits[8];
    unsigned slots;
    struct domain_state domains[256];
    uint8_t total, required;
    int places[PLACES_MAX]; /* of papers; -1: free */
    struct key_state keys[KEYS];
    struct file_state files[FILES_MAX];
    size_t file_count;
    struct wrap_state wraps[WRAPS];
    unsigned wrap_count, serials;
    struct session_state session;
    unsigned done[FORMS_MAX]; /* how often a command of each form succeeded */
};

/* --- One command --- */

struct turn {
    struct model *m;
    uint8_t cla, ins, p1, p2;
    struct span data;
    bool le_present, sealed;
    uint32_t le;

    bool wants; /* the answer's data is known: */
    struct writer want;
    uint8_t want_bytes[CONTENT_MAX];
    bool end_allowed; /* 6282 will do as well as 9000 */
    /* Judges data that is not known beforehand, and learns from it; NULL: nothing to say. Gives
     * what is wrong, or NULL. */
    const char *(*judge)(struct turn *t, struct span data);
    struct file_state *file; /* for judges: */
    struct key_state *key;
    const struct algorithm_name *algorithm;
};

struct verdict {
    uint16_t expected;
    const char *complaint; /* NULL: the card is right */
};

/* A token that was never initialised, with what it says of itself: 2F02 and 2F03. */
void model_init(struct model *m, const struct foreign *foreign, struct span chain,
                struct span token_info);
void model_free(struct model *m);
/* Another one in the same state. */
struct model *model_copy(const struct model *m);
/* The reader's reset, and power off and on. */
void model_reset(struct model *m);
void model_power(struct model *m);
/* Its name in certificates; empty for NOBODY and for our own root. */
struct span model_name_of(const struct model *m, enum voucher holder);
/* The answer, with its status word, to a command as it was before the channel protected it. */
struct verdict model_judge(struct model *m, struct span command, bool sealed, struct span answer);

/* The instruction byte and P1 of a form, for reports, and whether the model knows a way in which it
 * succeeds; false: there are no more. Domains of groups are refused here always: the generator has
 * nobody who could be a member (tests/unit/test_exchange.c has). */
bool model_form(size_t index, uint8_t *out_ins, unsigned *out_p1, bool *out_can_succeed);

/* --- Between the files of the model --- */

void end_session(struct model *m);
void end_channel(struct model *m);
void log_in(struct model *m); /* works out session.user anew */

struct file_state *find_file(struct model *m, uint16_t id);
struct file_state *put_file(struct model *m, uint16_t id, struct span content);
void remove_file(struct model *m, struct file_state *file);
void put_request(struct model *m, uint8_t key);
void forget_files(struct model *m);
void drop_key(struct key_state *key);
void copy_key(struct key_state *to, const struct key_state *from);
void learn_request(struct model *m, struct key_state *key, struct span request,
                   const char **complaint);
bool same_secret(const struct key_state *key, const struct domain_state *domain);
unsigned signed_count(const struct model *m);
/* 0: no such domain; else the status word */
uint16_t enter_domain(struct model *m, struct span wished, struct key_state *key);
void create_domain(struct model *m, uint8_t id, uint8_t shares);
uint16_t try_pin(struct pin_state *pin, struct span candidate);
void set_pin(struct model *m, struct pin_state *pin, struct span value, uint8_t tries);

typedef uint16_t handler(struct turn *t);
handler on_select_applet, on_select_file, on_read, on_update, on_delete, on_enumerate;
handler on_verify_user, on_user_query, on_verify_officer, on_officer_query, on_biometric;
handler on_change_user, on_change_officer, on_reset_pin, on_reset_counter, on_officer_resets_pin,
    on_officer_resets_counter, on_make_session_pin, on_clear_session_pin;
handler on_initialize, on_device_facts;
handler on_join_domain, on_exchange, on_exchange_work_file;
handler on_domain_status, on_import_share, on_create_domain, on_delete_domain, on_clear_domain;
handler on_custody_status, on_register, on_replace, on_custodian_name, on_choose_issuer,
    on_verify_certificate, on_choose_custodian, on_external_authenticate;
handler on_choose_channel, on_open_channel, on_challenge;
handler on_generate, on_generate_aes, on_sign, on_decipher, on_derive_key, on_cipher, on_wrap,
    on_unwrap, on_unwrap_work_file;
