/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's settings: one table (config.c) from which the INI reader, the options, --help and
 * the example file are made. A key of section [reader] named port is the setting reader.port and
 * the option --reader.port=VALUE. Options win over the file; what neither names has its default. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/results.h"
#include "base/scope.h"

#define CONFIG_TEXT_MAX 256 /* with its terminating zero */

enum reader_retry { RETRY_FOREVER, RETRY_EXIT };

struct config {
    char name[CONFIG_TEXT_MAX];
    char folder[CONFIG_TEXT_MAX];
    char key_file[CONFIG_TEXT_MAX];
    char passphrase_file[CONFIG_TEXT_MAX];
    char credential[CONFIG_TEXT_MAX];
    char anchor[CONFIG_TEXT_MAX];
    bool accept_rollback;
    bool allow_clone;
    bool pin_bound;
    bool share_login;
    uint32_t capacity; /* bytes; 0: unlimited */
    bool ephemeral;
    bool blank;
    bool strict;
    char authority[CONFIG_TEXT_MAX];
    char user_pin[CONFIG_TEXT_MAX];
    char so_pin[CONFIG_TEXT_MAX];
    uint32_t port;
    uint32_t retry; /* enum reader_retry */
    char reader_user[CONFIG_TEXT_MAX];
    char socket[CONFIG_TEXT_MAX];
    bool lock_memory;
    bool filter;
    bool files;
    uint32_t reader_uid; /* of reader_user, by the daemon; UINT32_MAX: no such user */
};

/* One sentence for the user, with file and line where there are some. */
struct config_error {
    char sentence[CONFIG_TEXT_MAX * 2];
};

/* Positive results. */
enum {
    CONFIG_WRONG = RESULTS_CONFIG, /* out_error says what */
    CONFIG_WANTS_HELP,             /* --help */
    CONFIG_WANTS_EXAMPLE,          /* --example-config */
    CONFIG_WANTS_VERSION,          /* --version */
};

/* Overwrites the values of secret options in the arguments, which every user of the machine can
 * read. */
void config_hide_secrets(int count, char **arguments);
/* Reads the options, and the file that --config names. *out_error is written for CONFIG_WRONG. */
MUST_CHECK int config_read(struct config *out, int count, char *const *arguments,
                           struct config_error *out_error);

/* The path of the admin socket: the one that the configuration names, or the customary one. */
void config_socket_path(const struct config *config, char *out, size_t size);

void config_print_help(FILE *to);
/* A configuration file with every setting that may stand in one, commented out at its default. */
void config_print_example(FILE *to);
