/* Public-key authentication, n of m (protocol.md section 10): custodians hold keys in devices of
 * their own; when enough of them have signed a challenge, the session is the user's.
 *
 * A custodian is kept as the request that its device made for the key, verified at registration. */
#pragma once

#include "card-os/command.h"
#include "formats/cvc.h"

/* As INITIALIZE was told. */
struct custody {
    uint8_t total; /* custodians there shall be; 0: the device knows no public-key authentication */
    uint8_t required; /* how many must sign */
};

MUST_CHECK int custody_load(struct store *store, struct custody *out);
/* In the open transaction. */
MUST_CHECK int custody_set(struct store *store, struct custody custody);

/* Whether enough custodians of this device have signed in this session. */
bool custody_satisfied(const struct call *c, const struct custody *custody);
/* The four bytes that hosts read as its state. */
sw custody_write_status(struct call *c);

/* Registers the key of a request (contents of 67) in this place, or (-1) in the first free one. In
 * the open transaction. */
sw custodian_register(struct call *c, int place, struct span request);
/* The custodian's name; 9001 when it has signed in this session. */
sw custodian_name(struct call *c, unsigned place);
/* Chooses whose signature the next EXTERNAL AUTHENTICATE brings. */
sw custodian_choose(struct call *c, struct span name);
/* Checks the chosen custodian's signature over our name and the last challenge. */
sw custodian_authenticate(struct call *c, struct span signature);
