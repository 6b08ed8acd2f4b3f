/* SPDX-License-Identifier: Apache-2.0 */
/* Two files of certificates. A custodian's: registers the custodian's key with another token
 * (protocol.md 10.2). It holds the authenticated request for the key and the certificates of the
 * device in which the key was made.
 *
 *   old   30 { 67 request, 7F21 device, 7F21 issuer }
 *   new   30 { 06 object identifier, 61 { 7F21 issuer }, 62 { 7F21 device }, 63 { 67 request } }
 *
 * And a membership: the signer of a group of devices gives it to a token that shall belong to the
 * group (9.2). It holds the same three items for the signer's key, and its signature (54) over the
 * token's key. */
#pragma once

#include "base/bytes.h"

struct custodian_file {
    struct span request;        /* 67, with its header */
    struct span device, issuer; /* 7F21, with their headers */
};
/* Reads either form and ignores what follows it, since files on cards may have old bytes at their
 * end. Borrowed from the bytes. Nothing is verified. */
MUST_CHECK bool custodian_file_read(struct span bytes, struct custodian_file *out);
/* Writes the old form, which every program reads. */
void custodian_file_write(const struct custodian_file *file, struct writer *out);

/* The membership file of a group's signer. */
struct membership_file {
    struct custodian_file signer;
    struct span signature;
};
/* Reads the next of several membership files. Borrowed from the bytes; nothing is verified. */
MUST_CHECK bool membership_file_read(struct reader *in, struct membership_file *out);
void membership_file_write(const struct membership_file *file, struct writer *out);

/* Finds the device's certificate and the issuer's in a chain as a card stores it (protocol.md 6.2):
 * one after the other; what follows is ignored. False when there are not two certificates. */
MUST_CHECK bool custodian_chain_read(struct span chain, struct custodian_file *inout);
