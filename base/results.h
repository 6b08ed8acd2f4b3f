/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers of positive results (base/failure.h): each module that gives any has a band of its
 * own, and its enum begins there, so that no two results share a number. Whoever gets a result that
 * he does not expect can thus take it for no other, and treats it as a fault.
 *
 * They are not exit statuses, which are a list of their own (host/tool/cli/exits.h), and are
 * neither stored nor sent. tests/results.py holds all results to their bands. */
#pragma once

#include <stdbool.h>

enum { RESULT_BAND_SIZE = 20 };

enum result_band {
    RESULTS_CRYPTO = 1000,        /* crypto/crypto.h */
    RESULTS_KNOWN_ANSWERS = 1020, /* crypto/known_answers.h */
    RESULTS_RSA_IMPORT = 1040,    /* crypto/rsa_import.c */
    RESULTS_SHAMIR = 1060,        /* crypto/shamir.h */
    RESULTS_CHANNEL = 1080,       /* formats/channel.h */
    RESULTS_CVC = 1100,           /* formats/cvc.h */
    RESULTS_DKEK_SHARE = 1120,    /* formats/dkek_share.h */
    RESULTS_KEY_BLOB = 1140,      /* formats/key_blob.h */
    RESULTS_MERKLE = 1160,        /* formats/merkle.h */
    RESULTS_CHECKPOINT = 1180,    /* formats/checkpoint.h */
    RESULTS_ANCHOR = 1200,        /* storage/anchor.h */
    RESULTS_AUDIT = 1220,         /* storage/audit.h */
    RESULTS_DB = 1240,            /* storage/db.h */
    RESULTS_DIRECTORY = 1260,     /* storage/directory.h */
    RESULTS_LOCK = 1280,          /* storage/lock.h */
    RESULTS_OPEN = 1300,          /* storage/open.h */
    RESULTS_SEAL = 1320,          /* storage/seal.h */
    RESULTS_SNAPSHOT = 1340,      /* storage/snapshot.h */
    RESULTS_SOURCES = 1360,       /* storage/sources.h */
    RESULTS_STORE = 1380,         /* storage/store.h */
    RESULTS_UNLOCK = 1400,        /* storage/unlock.h */
    RESULTS_AUTHORITY = 1420,     /* card-os/authority.h */
    RESULTS_BINDING = 1440,       /* card-os/binding.h */
    RESULTS_CAPACITY = 1460,      /* card-os/capacity.h */
    RESULTS_ROOTS = 1480,         /* card-os/roots.h */
    RESULTS_STRICT = 1500,        /* card-os/strict.h */
    RESULTS_CONFIG = 1520,        /* daemon/config.h */
    RESULTS_POWER = 1540,         /* daemon/power.h */
    RESULTS_CLIENT = 1560,        /* host/client/client.h */
    RESULTS_DEVICE_CHAIN = 1580,  /* host/client/device_chain.h */
    RESULTS_READER = 1600,        /* host/client/reader.h */
    RESULTS_CONFORM = 1620,       /* host/tool/conform/conform_play.h */
    RESULTS_LOG_JUDGE = 1640,     /* host/tool/log/log_judge.c */
    RESULTS_WORLD = 1660,         /* host/world/world.h */
    RESULTS_WORLD_ATTEMPT = 1680, /* host/world/world.c */
};

/* Whether a result is of this band. */
static inline bool result_is_of(int result, enum result_band band)
{
    return result >= (int)band && result < (int)band + RESULT_BAND_SIZE;
}
