/* SPDX-License-Identifier: Apache-2.0 */
/* The objects of type OBJECT_DEVICE: what the store keeps about the device, apart from keys, files,
 * PINs, domains and custodians. */
#pragma once

enum {
    DEVICE_OPTIONS = 0,
    DEVICE_ROOT_CERTIFICATE = 1,
    DEVICE_DOMAINS = 2,
    DEVICE_CUSTODY = 3,
    DEVICE_TRANSPORT_PIN = 4, /* empty; exists while the user PIN is a transport PIN: pin.h */
    DEVICE_STRICT = 5,        /* empty; exists while the setting strict is on: strict.h */
    DEVICE_UNASKED = 6,       /* how many shares were imported without login: domain.h */
};
