/* SPDX-License-Identifier: Apache-2.0 */
/* Where pcscd and its drivers are: options `pcscd`, `pcscd-drivers` and `vpcd-driver` of the build,
 * whose defaults libpcsclite tells (host/world/meson.build). */
#pragma once

#define PCSCD BUILT_FOR_PCSCD /* the program */
/* Where pcscd looks for drivers of USB readers; compiled into it. */
#define PCSCD_DRIVERS BUILT_FOR_PCSCD_DRIVERS
/* The driver of the virtual reader, and its folder, which holds no driver of USB readers. */
#define VPCD_LIBRARY BUILT_FOR_VPCD_DRIVER
#define VPCD_DRIVERS BUILT_FOR_VPCD_DRIVERS
