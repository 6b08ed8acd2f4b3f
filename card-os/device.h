/* SPDX-License-Identifier: Apache-2.0 */
/* The device: its identity (device key, card-verifiable certificate, chain to a root), and what
 * INITIALIZE was told about it. */
#pragma once

#include "card-os/authority.h"
#include "card-os/state.h"
#include "card-os/device_objects.h"

struct call;

/* Gives a new, empty store its identity in one transaction: the device key, the certificates of
 * device and issuer (file 2F02), that of the root, a label that says what the token is, and the
 * STORE_CREATED record. authority: certifies the device; NULL: one of its own, whose keys are wiped
 * afterwards. Any fault of the store. */
MUST_CHECK int device_personalise(const struct env *env, const struct authority *authority);

/* As a Nitrokey HSM 2 answers: platform 06, version 4.1. Hosts read the last two bytes. */
extern const struct span device_version;

/* Bytes of all certificates in one object. OpenSC's buffer for file 2F02 is as long. */
#define DEVICE_CHAIN_MAX 1024

/* Option bits given to INITIALIZE (protocol.md section 4). */
enum {
    OPTION_RESET_COUNTER = 0x0001, /* RESET RETRY COUNTER is allowed */
    OPTION_TRANSPORT_PIN = 0x0002, /* the user PIN has to be changed before it is used */
    OPTION_SESSION_PIN = 0x0004,   /* the card gives out session PINs: session_pin.h */
    OPTION_REPLACE_KEY = 0x0008,   /* without 0004: custodians can be replaced */
    OPTION_CLEARED_PIN =
        0x0008,               /* with 0004: a session PIN outlives a reset, and must be cleared */
    OPTION_COMBINED = 0x0010, /* login needs the PIN and the custodians, not either */
    OPTION_KEEP_PIN = 0x0020, /* with 0001: RESET RETRY COUNTER cannot set a new PIN */
};

/* The option bits that INITIALIZE was given. STORE_ABSENT: the device was never initialised. */
MUST_CHECK int device_options(struct store *store, uint16_t *out);
/* Stores them in the open transaction. */
MUST_CHECK int device_set_options(struct store *store, uint16_t options);

/* Two numbers in an object of the device (device_objects.h); zeros where the object does not
 * exist. */
MUST_CHECK int device_pair(struct store *store, uint32_t id, uint8_t *out_first,
                           uint8_t *out_second);
/* Stores them in the open transaction. */
MUST_CHECK int device_set_pair(struct store *store, uint32_t id, uint8_t first, uint8_t second);

/* What INITIALIZE decided about key domains (domain.h). */
struct device_domains {
    uint8_t slots; /* for so many domains; 0: no key can ever leave the device */
    bool fixed;    /* DO 92: one domain, the DKEK, made by INITIALIZE. Else DO 97: the user makes
                      domains in the slots */
};
/* No slots on a device that was never initialised. */
MUST_CHECK int device_domains(struct store *store, struct device_domains *out);
/* Stores it in the open transaction. */
MUST_CHECK int device_set_domains(struct store *store, struct device_domains domains);
/* Whether keys may leave the device at all, wrapped or in a copy of its store: whether it has slots
 * for domains. */
MUST_CHECK int device_exportable(struct store *store, bool *out);

/* Removes keys, key domains, custodians, files and PINs, and writes a new label, in the open
 * transaction. The identity stays, and what INITIALIZE sets anew is left for it to replace. */
MUST_CHECK int device_erase(struct call *c);
/* Appends the holder reference of the device certificate: the device's name. FAULT_BROKEN: there is
 * no certificate. */
MUST_CHECK int device_name(struct store *store, struct writer *out);
/* Appends the serial number that hosts show: the device's name without its sequence number. Appends
 * nothing in a store that was not personalised. */
MUST_CHECK int device_serial(struct store *store, struct writer *out);
