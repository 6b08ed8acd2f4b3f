/* SPDX-License-Identifier: Apache-2.0 */
/* When the user is logged in: after the user PIN was verified, or enough custodians have signed
 * (custodians.h). With option 0010 of INITIALIZE both are needed. Where keys are bound to the PIN
 * (binding.h), custodians alone are never enough. */
#pragma once

#include "card-os/command.h"

/* Computes session.user again, after the PIN or a custodian was verified or lost. A fault leaves
 * the user logged out. */
sw login_update(struct call *c);
