/* SPDX-License-Identifier: Apache-2.0 */
/* glasshsm log: the audit log of a token, and the files about it that people keep. */
#include "host/tool/cli/options.h"
#include "host/tool/log/log_owner.h"
#include "host/tool/log/log_source.h"
#include "host/tool/log/log_verbs.h"
#include "host/tool/tool.h"

static const struct verb verbs[] = {
    { .name = "show",
      .operands = "[NAME]",
      .most = 1,
      .help = "prints the records, and checks that each follows the one before",
      .size = sizeof(struct log_show_options),
      .options = { { log_show_rows, 0 },
                   { admin_rows, offsetof(struct log_show_options, place.daemon) },
                   { log_store_rows, offsetof(struct log_show_options, place.store) } },
      .run = log_show },
    { .name = "snapshot",
      .operands = "FILE [NAME]",
      .least = 1,
      .most = 2,
      .help = "writes records, handovers and a signed checkpoint into FILE, which must not exist",
      .size = sizeof(struct log_keep_options),
      .options = { { admin_rows, offsetof(struct log_keep_options, place.daemon) },
                   { log_store_rows, offsetof(struct log_keep_options, place.store) } },
      .run = log_snapshot },
    { .name = "receipt",
      .operands = "[FILE [NAME]]",
      .most = 2,
      .help = "prints the key with which the log began, by which all later ones are verified, or "
              "writes it "
              "into FILE; keep it on another machine",
      .size = sizeof(struct log_keep_options),
      .options = { { admin_rows, offsetof(struct log_keep_options, place.daemon) },
                   { log_store_rows, offsetof(struct log_keep_options, place.store) } },
      .run = log_receipt },
    { .name = "proof",
      .operands = "FILE [NAME]",
      .least = 1,
      .most = 2,
      .help = "writes a proof into FILE that the log continues an older size or checkpoint "
              "(--from): two "
              "kilobytes in place of the records",
      .size = sizeof(struct log_keep_options),
      .options = { { log_proof_rows, 0 },
                   { admin_rows, offsetof(struct log_keep_options, place.daemon) },
                   { log_store_rows, offsetof(struct log_keep_options, place.store) } },
      .run = log_proof },
    { .name = "verify",
      .help =
          "needs no token and no daemon: it compares files that were kept. It says SAME or "
          "EXTENDS and ends with status 0, or UNPROVEN, FORKED, TRUNCATED, REPLACED, INVALID or "
          "MISSING, with the status that `glasshsm help exits` tells",
      .size = sizeof(struct log_verify_options),
      .options = { { log_verify_rows, 0 } },
      .run = log_verify },
    { .name = "note",
      .operands = "TEXT [NAME]",
      .least = 1,
      .most = 2,
      .help = "writes up to 32 bytes into the log, to mark one's own sessions",
      .size = sizeof(struct log_owner_options),
      .options = { { admin_rows, offsetof(struct log_owner_options, place) },
                   { log_owner_rows, 0 } },
      .run = log_note },
    { .name = "acknowledge",
      .operands = "FILE [NAME]",
      .least = 1,
      .most = 2,
      .help =
          "tells the token that somebody keeps the records up to the checkpoint in FILE (a "
          "checkpoint or a snapshot): a new signing epoch begins, these records no longer count "
          "toward the limit of the policy, and their lines are pruned as the policy says",
      .size = sizeof(struct log_owner_options),
      .options = { { admin_rows, offsetof(struct log_owner_options, place) },
                   { log_owner_rows, 0 } },
      .run = log_acknowledge },
    { .name = "policy",
      .operands = "[NAME]",
      .most = 1,
      .help = "sets what is given of the audit policy, and shows it",
      .size = sizeof(struct log_owner_options),
      .options = { { log_policy_rows, 0 },
                   { admin_rows, offsetof(struct log_owner_options, place) },
                   { log_owner_rows, 0 } },
      .run = log_policy },
};
const struct family log_family = {
    "log", "show, keep, verify and acknowledge the audit log of a token",
    "NAME is the token called so, or whose socket is /run/glasshsm/NAME.sock.", verbs,
    sizeof verbs / sizeof *verbs
};
