/* A store on disk, as the subcommands name it. */
#pragma once

#include "card-os/authority.h"
#include "card-os/env.h"
#include "storage/open.h"

struct tool_place {
    const char *folder;
    const char *passphrase_file; /* NULL: the key file unlocks it */
    const char *key_file;        /* NULL: seal.key in the folder */
    const char *anchor;          /* NULL: anchor in the folder */
    const char *authority;       /* NULL; or the folder of who certifies a new token */
    const char *device_curve;    /* NULL: the family's; else of a new token's own key */
    const char *credential;      /* NULL; or the credential of systemd that unlocks it */
    const char *database;        /* NULL; or a snapshot, to look at */
    bool strict;                 /* a new token does without extensions */
    bool look_only, keep_unlocked;
    enum audit_action becomes; /* as in struct store_place */
};

/* Makes a store with a token that nobody has initialised yet. 0, or the exit status, after a
 * complaint. The receipt of its log is had now, since a passphrase may come once only. */
MUST_CHECK int tool_place_create_token(const struct tool_place *place, struct writer *out_receipt);
/* What a card would need from outside, for work on its store at rest. */
struct env tool_place_env(struct store *store);
/* Makes an authority in a folder, or opens the one that is there; after tool_place_prepare(). 0, or
 * the exit status, after a complaint. */
MUST_CHECK int tool_authority_make(const char *folder);
MUST_CHECK int tool_authority_open(const char *folder, struct authority *out);
/* Once, before the first tool_place_try(). 0, or the exit status, after a complaint. */
MUST_CHECK int tool_place_prepare(void);
/* Opens one of several, quietly: 0, or the exit status, and out_why tells why. */
MUST_CHECK int tool_place_try(const struct tool_place *place, struct store **out,
                              struct store_refusal *out_why);
/* Opens one. 0, or the exit status, after a complaint. */
MUST_CHECK int tool_place_open(const struct tool_place *place, struct store **out);
/* The folder does not exist, or is empty: a store can be made there without surprise. */
bool tool_place_is_free(const char *folder);
