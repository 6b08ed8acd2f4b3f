/* When a session is the user's. Two ways lead there: the user PIN, and enough custodians
 * (custodians.h). INITIALIZE said whether either will do or both are needed (option 0010).
 * Where keys are bound to the PIN (binding.h), custodians alone never do. */
#pragma once

#include "card-os/command.h"

/* Works out session.user anew, after the PIN or a custodian was verified, refused or forgotten. */
sw login_update(struct call *c);
