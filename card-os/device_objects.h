/* What the store keeps about the device, apart from keys, files, PINs, domains and custodians. */
#pragma once

/* Objects of type OBJECT_DEVICE. */
enum {
    DEVICE_OPTIONS = 0,
    DEVICE_ROOT_CERTIFICATE = 1,
    DEVICE_DOMAINS = 2,
    DEVICE_CUSTODY = 3,
    DEVICE_TRANSPORT_PIN = 4, /* empty; exists while the user PIN is one: pin.h */
    DEVICE_STRICT = 5,        /* empty; exists where it is set: strict.h */
    DEVICE_UNASKED = 6,       /* shares imported without login: domain.h */
};
