#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The limit of locked memory, for an ordinary user: no limit keeps the daemon from working, and
what could not be locked is said, once, and shown in the status."""
import resource

import harness

MIB = 1 << 20
ENOUGH_FOR_NOW = 64 * MIB


def warnings(daemon):
    return daemon.messages().count("event=secrets_not_locked")


def generate_and_sign(reader):
    reader.accept()
    reader.expect(harness.SELECT)
    reader.expect(harness.initialize())
    reader.expect(harness.generate_rsa(1))
    reader.expect(harness.sign_rsa(1))


def limit_forbids_all_locking(world):
    reader = harness.Reader()
    limits = {resource.RLIMIT_MEMLOCK: 0}
    daemon = world.daemon(world.new_store("none"), limits=limits).ready()
    generate_and_sign(reader)
    status = daemon.ask("status")
    assert status["memory_locked"] is False
    assert status["secrets_locked"] is False
    assert daemon.stop() == 0
    assert warnings(daemon) == 1, daemon.messages()
    reader.close()


def limit_suffices_for_the_secrets(world):
    reader = harness.Reader()
    limits = {resource.RLIMIT_MEMLOCK: 8 * MIB}
    daemon = world.daemon(world.new_store("some"), limits=limits).ready()
    generate_and_sign(reader)
    status = daemon.ask("status")
    assert status["secrets_locked"] is True
    assert daemon.stop() == 0
    assert warnings(daemon) == 0, daemon.messages()
    reader.close()


def limit_would_suffice_for_the_moment(world):
    """Enough for all pages of now, not for those that a passphrase needs (Argon2id: 64 MiB)."""
    passphrase = world.path("passphrase")
    passphrase.write_text("correct horse battery staple\n")
    place = world.new_store("much", passphrase_file=passphrase)
    limits = {resource.RLIMIT_MEMLOCK: ENOUGH_FOR_NOW}
    daemon = world.daemon(place, store__passphrase_file=passphrase, limits=limits).ready()
    assert daemon.stop() == 0


def body(world):
    limit_forbids_all_locking(world)
    limit_suffices_for_the_secrets(world)
    hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)[1]
    if hard == resource.RLIM_INFINITY or hard >= ENOUGH_FOR_NOW:
        limit_would_suffice_for_the_moment(world)


harness.run(body, ordinary=True)
