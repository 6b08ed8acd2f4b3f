/* SPDX-License-Identifier: Apache-2.0 */
/* The host's side of the secure channel to a card (protocol.md 11.2, 11.3). Aborts where the card's
 * answers do not verify. */
#pragma once

#include "formats/channel.h"
#include "tests/support/card_fixture.h"

/* The protocol of 11.2 is the one that is wanted. */
#define CHOOSE_CHANNEL "00 22 41 A4 0C 800A04007F00070202030202"

/* On the curve of the device's key: f->env.device_curve, or brainpoolP256r1. */
void host_channel_open(struct card_fixture *f, struct channel *out);
/* All of it through a channel that is open already, which the new one replaces. */
void host_channel_open_through(struct card_fixture *f, struct channel *through,
                               struct channel *out);
/* Shows the card a point of the host's; gives the status word. */
uint16_t host_channel_authenticate(struct card_fixture *f, struct span point);

/* A command as it travels. */
struct span host_channel_seal(struct channel *channel, struct span command, struct writer *out);
/* Opens the answer that just came: it is left in f->answer as if it had come plainly. Gives the
 * status word. */
uint16_t host_channel_take(struct card_fixture *f, struct channel *channel);
/* Both, and the card between them; the command whole, or its header and data (card_fixture.h). */
uint16_t host_channel_send(struct card_fixture *f, struct channel *channel, struct span command);
uint16_t host_channel_command(struct card_fixture *f, struct channel *channel, uint32_t header,
                              struct span data);
