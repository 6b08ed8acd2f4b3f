/* The device: its identity (device key, card-verifiable certificate, chain to a root) and how it
 * was initialised. */
#pragma once

#include "card-os/authority.h"
#include "card-os/state.h"
#include "card-os/device_objects.h"

struct call;

/* Gives a new, empty store its identity: the device key, the certificates of device and issuer in
 * file 2F02, the root's, the label of a token nobody has labelled, and the STORE_CREATED record;
 * one transaction. NULL: under a root and an issuer of its own, whose keys are wiped afterwards.
 * Any fault of the store. */
MUST_CHECK int device_personalise(const struct env *env, const struct authority *authority);

/* As a Nitrokey HSM 2 answers: platform 06, version 4.1. Hosts read the last two bytes. */
extern const struct span device_version;

/* Of certificates in one object: OpenSC's buffer for 2F02. */
#define DEVICE_CHAIN_MAX 1024

/* Option bits given to INITIALIZE (protocol.md section 4). */
enum {
    OPTION_RESET_COUNTER = 0x0001, /* RESET RETRY COUNTER is allowed */
    OPTION_TRANSPORT_PIN = 0x0002, /* the user PIN has to be changed before it is used */
    OPTION_SESSION_PIN = 0x0004,   /* the card gives out session PINs: session_pin.h */
    OPTION_REPLACE_KEY = 0x0008,   /* custodians can be replaced; but beside 0004: */
    OPTION_CLEARED_PIN = 0x0008,   /* a session PIN outlives a reset, and has to be cleared */
    OPTION_COMBINED = 0x0010,      /* login needs the PIN and the custodians, not either */
    OPTION_KEEP_PIN = 0x0020,      /* but cannot set a new PIN */
};

/* The option bits given to INITIALIZE. STORE_ABSENT: never initialised. */
MUST_CHECK int device_options(struct store *store, uint16_t *out);
/* In the open transaction. */
MUST_CHECK int device_set_options(struct store *store, uint16_t options);

/* Two numbers that INITIALIZE left in an object of the device: zeros when it left none. */
MUST_CHECK int device_pair(struct store *store, uint32_t id, uint8_t *out_first,
                           uint8_t *out_second);
/* In the open transaction. */
MUST_CHECK int device_set_pair(struct store *store, uint32_t id, uint8_t first, uint8_t second);

/* Slots for key domains (domain.h), as INITIALIZE made them. */
struct device_domains {
    uint8_t slots; /* 0: no key can ever leave the device */
    bool fixed;    /* DO 92: one domain, made with the device; else (97) the user makes them */
};
/* No slots on a device that was never initialised. */
MUST_CHECK int device_domains(struct store *store, struct device_domains *out);
/* In the open transaction. */
MUST_CHECK int device_set_domains(struct store *store, struct device_domains domains);
/* Whether keys may leave the device at all, wrapped or as part of a copy of its store. When not, no
 * authority can export. */
MUST_CHECK int device_exportable(struct store *store, bool *out);

/* Removes keys, key domains, files, PINs and options; the identity stays. In the open transaction.
 */
MUST_CHECK int device_erase(struct call *c);
/* The holder reference of the device certificate, appended to out. */
MUST_CHECK int device_name(struct store *store, struct writer *out);
/* The same without its sequence number: the serial number that hosts show. Empty on a store that
 * was not personalised. */
MUST_CHECK int device_serial(struct store *store, struct writer *out);
