/* SPDX-License-Identifier: Apache-2.0 */
/* A store on disk, as the options of subcommands name it: where it is, and what unlocks it. */
#pragma once

#include "card-os/authority.h"
#include "card-os/env.h"
#include "host/tool/cli/options.h"
#include "host/tool/store/first_init.h"
#include "storage/open.h"

struct tool_place {
    const char *folder;
    const char *passphrase_file; /* NULL: the key file unlocks it */
    const char *key_file;        /* NULL: seal.key in the folder */
    const char *anchor;          /* NULL: anchor in the folder */
    const char *authority;    /* folder of the authority that certifies a new token; NULL: none */
    const char *device_curve; /* curve of a new token's own key; NULL: the family's */
    const char *credential;   /* credential of systemd that unlocks it; NULL: none */
    const char *database; /* a snapshot to look at in place of the store's database; NULL: none */
    bool strict;          /* a new token has no extensions */
    bool ready;           /* a new token is initialised at once, with the PINs of development */
    struct first_init wishes; /* ... like this */
    bool look_only, keep_unlocked;
    enum audit_action becomes; /* as in struct store_place */
};

/* Options of a struct tool_place: what unlocks the store, and where its anchor is. */
extern const struct option_row unlock_rows[];

/* Makes a store with a token that nobody has initialised yet unless place->ready says so, and
 * writes the receipt of its log to out_receipt now, because a passphrase may be readable only once.
 * 0, or the exit status after a complaint. */
MUST_CHECK int tool_place_create_token(const struct tool_place *place, struct writer *out_receipt);
/* Initialises the token in a store as place->wishes say, if nobody has done so yet; *out_done
 * tells. 0, or the exit status after a complaint. */
MUST_CHECK int tool_place_make_ready(const struct tool_place *place, bool *out_done);
/* The environment (clock, random and so on) for work on a store at rest, without a card. */
struct env tool_place_env(struct store *store);
/* Makes an authority in a folder, or opens the one that is there; call tool_place_prepare() before.
 * 0, or the exit status after a complaint. */
MUST_CHECK int tool_authority_make(const char *folder);
MUST_CHECK int tool_authority_open(const char *folder, struct authority *out);
/* Prepares the cryptographic library; call it once, before the first tool_place_try(). 0, or the
 * exit status after a complaint. */
MUST_CHECK int tool_place_prepare(void);
/* Opens one of several stores without a complaint: 0, or the exit status, and out_why tells why. */
MUST_CHECK int tool_place_try(const struct tool_place *place, struct store **out,
                              struct store_refusal *out_why);
/* Opens a store. 0, or the exit status after a complaint. */
MUST_CHECK int tool_place_open(const struct tool_place *place, struct store **out);
/* Whether a store can be made in the folder without surprise: it does not exist, or is empty. */
bool tool_place_is_free(const char *folder);
