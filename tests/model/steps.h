/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files that draw commands. */
#pragma once

#include "tests/model/play.h"

#define NOTHING ((struct span){ 0 })

/* Few numbers, so that keys are found, replaced and deleted. */
uint8_t some_key(struct play *p);
bool on_file(struct play *p, uint8_t ins, uint16_t file, struct span data);

typedef void playing(struct play *p);
playing step_agree, step_ask_custody, step_challenge, step_choose_channel, step_choose_issuer,
    step_choose_some_custodian, step_cipher, step_create_domain, step_decipher_rsa, step_derive_key,
    step_domain_status, step_end_domain, step_enroll, step_generate_aes, step_generate_ec,
    step_generate_rsa, step_import_share, step_open_channel, step_replace, step_show_certificate,
    step_show_signature, step_sign_ec, step_sign_in, step_sign_rsa, step_unwrap,
    step_unwrap_what_is_there, step_wrap;
