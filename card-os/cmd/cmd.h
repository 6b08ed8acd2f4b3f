/* SPDX-License-Identifier: Apache-2.0 */
/* The handlers, by file: each does the work of one row of commands.c. The dispatcher has checked
 * form and access before it calls a handler, and records, commits and wipes afterwards. */
#pragma once

#include "card-os/command.h"

/* select.c */
sw cmd_select_applet(struct call *c);
sw cmd_select_file(struct call *c);

/* object.c */
sw cmd_read_binary(struct call *c);
sw cmd_update_binary(struct call *c);
sw cmd_delete_file(struct call *c);
sw cmd_enumerate_objects(struct call *c);

/* pin.c */
sw cmd_verify_user(struct call *c);
sw cmd_verify_officer(struct call *c);
sw cmd_user_status(struct call *c);
sw cmd_officer_status(struct call *c);
sw cmd_change_user(struct call *c);
sw cmd_change_officer(struct call *c);
sw cmd_reset_pin(struct call *c);
sw cmd_reset_counter(struct call *c);
sw cmd_reset_pin_by_officer(struct call *c);
sw cmd_reset_counter_by_officer(struct call *c);
sw cmd_make_session_pin(struct call *c);
sw cmd_clear_session_pin(struct call *c);

/* init.c */
sw cmd_initialize(struct call *c);

/* keygen.c */
sw cmd_generate_key_pair(struct call *c);

/* sign.c */
sw cmd_sign(struct call *c);
sw cmd_decipher(struct call *c);

/* domain.c */
sw cmd_domain_status(struct call *c);
sw cmd_import_share(struct call *c);
sw cmd_create_domain(struct call *c);
sw cmd_join_domain(struct call *c);
sw cmd_delete_domain(struct call *c);
sw cmd_clear_domain(struct call *c);

/* exchange.c */
sw cmd_exchange(struct call *c);
sw cmd_exchange_work_file(struct call *c);

/* channel.c */
sw cmd_choose_channel(struct call *c);
sw cmd_open_channel(struct call *c);

/* custodian.c */
sw cmd_choose_issuer(struct call *c);
sw cmd_verify_certificate(struct call *c);
sw cmd_choose_custodian(struct call *c);
sw cmd_external_authenticate(struct call *c);
sw cmd_custody_status(struct call *c);
sw cmd_register_custodian(struct call *c);
sw cmd_replace_custodian(struct call *c);
sw cmd_custodian_name(struct call *c);

/* derive.c */
sw cmd_derive_key(struct call *c);

/* symmetric.c */
sw cmd_generate_symmetric_key(struct call *c);
sw cmd_cipher(struct call *c);

/* wrap.c */
sw cmd_wrap_key(struct call *c);
sw cmd_unwrap_key(struct call *c);
sw cmd_unwrap_work_file(struct call *c);

/* memory.c */
sw cmd_device_facts(struct call *c);
sw cmd_memory(struct call *c);

/* misc.c */
sw cmd_get_challenge(struct call *c);
