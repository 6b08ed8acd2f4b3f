/* SPDX-License-Identifier: Apache-2.0 */
/* The certificates with which a custodian's token vouches for one of its keys: the key's request,
 * the token's device certificate and that of its issuer, as read from a file
 * (formats/custodian_file.h) or from the token. */
#pragma once

#include "formats/custodian_file.h"
#include "formats/cvc.h"
#include "host/tool/card/card_verb.h"

#define CUSTODIAN_CERTIFICATES_MAX 8192 /* bytes: three times what an RSA-4096 key needs */

struct custodian_certificates {
    uint8_t bytes[CUSTODIAN_CERTIFICATES_MAX];
    size_t size;
    struct custodian_file file; /* into bytes */
    struct cvc_request request;
    struct cvc device, issuer;
};
/* All give 0, or the exit status after a complaint. crypto_init() was called. */

/* Reads a file in either form of formats/custodian_file.h; "-" is standard input. */
MUST_CHECK int custodian_take(const char *path, struct custodian_certificates *out);
/* Reads the certificates of a key from its token; key: its number, or -1 for the only one that has
 * a request. */
MUST_CHECK int custodian_of_card(struct card_call *call, int key,
                                 struct custodian_certificates *out);
void custodian_write(const struct custodian_certificates *papers, struct writer *out);

/* Parses the parts that `file` points to into request, device and issuer. Positive results and
 * faults are those of the readers of formats/cvc.h: CVC_NO_KEY, for one, when they are no such
 * certificates. */
MUST_CHECK int custodian_read(struct custodian_certificates *papers);
/* Has the call's card verify the issuer's and the device's certificate, so that it trusts the
 * device. */
int custodian_introduce(struct card_call *call, const struct custodian_certificates *papers);
/* The value of a TLV element 7F21 or 67, given the whole element. */
struct span custodian_inside(struct span whole);

/* Finds the number of a key whose request carries one of these names, on the card whose application
 * is selected; key: the only one to look at, or -1. The request is read into *out. TOOL_NOT_THERE:
 * no key; TOOL_AMBIGUOUS: two keys. */
struct custodian_names {
    size_t count;
    struct custodian_name {
        uint8_t at[CLIENT_NAME_MAX];
        size_t size;
    } name[256];
};
MUST_CHECK int custodian_find_key(struct card_call *call, int key,
                                  const struct custodian_names *names,
                                  struct custodian_certificates *out, uint8_t *out_key);
/* Splits "PART" or "PART:NN", with NN a key's number in hexadecimal; without it *out_key is -1.
 * False: PART is too long. */
MUST_CHECK bool custodian_reader(const char *text, char out_part[READER_NAME_SIZE], int *out_key);
