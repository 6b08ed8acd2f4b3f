/* What a custodian's token hands over about one of its keys (formats/custodian_file.h). */
#pragma once

#include "formats/custodian_file.h"
#include "formats/cvc.h"
#include "host/tool/card/card_verb.h"

#define CUSTODIAN_CERTIFICATES_MAX 8192 /* three times what an RSA-4096 key needs */

struct custodian_certificates {
    uint8_t bytes[CUSTODIAN_CERTIFICATES_MAX];
    size_t size;
    struct custodian_file file; /* into bytes */
    struct cvc_request request;
    struct cvc device, issuer;
};
/* All give 0, or the exit status after a complaint. crypto_init() was called. */

/* Reads a file of either form, or "-". */
MUST_CHECK int custodian_take(const char *path, struct custodian_certificates *out);
/* Of the key with this number, or for -1 of the only one that has a request. */
MUST_CHECK int custodian_of_card(struct card_call *call, int key,
                                 struct custodian_certificates *out);
void custodian_write(const struct custodian_certificates *papers, struct writer *out);

/* Papers whose parts somebody else has found. CVC_NO_KEY: they are none. */
MUST_CHECK int custodian_read(struct custodian_certificates *papers);
/* Leads a card to believe in the device of these papers. */
int custodian_introduce(struct card_call *call, const struct custodian_certificates *papers);
/* The value of 7F21 or 67, of which the header came with it. */
struct span custodian_inside(struct span whole);

/* The number of a key whose request is under one of these names, on the card whose application is
 * selected; key: the only one to look at, or -1. The request is read into out. TOOL_NOT_THERE,
 * TOOL_AMBIGUOUS: two have one. */
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
/* Splits "PART" or "PART:NN", NN a key in hexadecimal. *out_key is -1 without. False: PART is too
 * long. */
MUST_CHECK bool custodian_reader(const char *text, char out_part[READER_NAME_SIZE], int *out_key);
