/* What a custodian hands over so that another token registers its key (protocol.md 10.2): the
 * authenticated request for the key, and the certificates of the device in which it was made.
 *
 *   old   30 { 67 request, 7F21 device, 7F21 issuer }
 *   new   30 { 06 object identifier, 61 { 7F21 issuer }, 62 { 7F21 device }, 63 { 67 request } }
 *
 * And what the signer of a group hands over to a token that shall belong to it (9.2): the same of
 * the signer's key, and 54, its signature over the token's key. */
#pragma once

#include "base/bytes.h"

struct custodian_file {
    struct span request;        /* 67, with its header */
    struct span device, issuer; /* 7F21, with their headers */
};
/* Either form; what follows it is ignored, for files on cards have tails. Borrowed from the bytes.
 * The contents are as they are: nothing is verified. */
MUST_CHECK bool custodian_file_read(struct span bytes, struct custodian_file *out);
/* The old form, which every program reads. */
void custodian_file_write(const struct custodian_file *file, struct writer *out);

/* Of a group's signer. */
struct membership_file {
    struct custodian_file signer;
    struct span signature;
};
/* The next of several. Borrowed and unverified, as above. */
MUST_CHECK bool membership_file_read(struct reader *in, struct membership_file *out);
void membership_file_write(const struct membership_file *file, struct writer *out);

/* The device's certificate and the issuer's, of a chain as a card keeps it (protocol.md 6.2): one
 * after the other, whatever follows. False when there are no two. */
MUST_CHECK bool custodian_chain_read(struct span chain, struct custodian_file *inout);
