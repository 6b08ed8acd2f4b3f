# SPDX-License-Identifier: Apache-2.0
"""Watching a token: events follow the log, doctor looks at the machine."""
import json
import subprocess

import harness


def followed(events, wanted):
    """The next lines must tell of these actions, and how each ended; others may stand between."""
    awaited = {action for action, _ in wanted}
    for action, status in wanted:
        line = json.loads(events.stdout.readline())
        while line.get("act") not in awaited:
            line = json.loads(events.stdout.readline())
        assert (line.get("act"), line.get("sw")) == (action, status), (action, status, line)
    return line


def reader_line(events):
    """The next line about the reader."""
    line = json.loads(events.stdout.readline())
    while "reader" not in line:
        line = json.loads(events.stdout.readline())
    return line


def events_show_what_happens(world):
    reader = harness.Reader()
    daemon = world.daemon().ready()
    reader.accept()
    reader.power_on()
    command = [harness.build_folder() / "glasshsm", "events", "--json", "--from", "1",
               "--socket", daemon.socket]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as events:
        # Those from before it was started, then those that come while it watches.
        lines = [json.loads(events.stdout.readline()) for _ in range(3)]
        assert [line["seq"] for line in lines] == [1, 2, 3], lines
        reader.expect(harness.SELECT)
        reader.expect(harness.verify(b"000000"), "63c2")
        assert followed(events, [(10, "63c2")])["seq"] > 3
        reader.close()
        assert reader_line(events) == {"reader": "detached"}
        daemon.stop()
        assert events.wait(harness.LIMIT) == 1  # there is no daemon to follow any more


def initialize_exportable():
    """DO 92 without shares: the device makes a DKEK of its own."""
    plain = harness.initialize()
    return harness.apdu("80500000", plain[5:] + harness.tlv("92", b"\0"))


def events_follow_insertions_logins_failures_and_exports(world):
    user, officer, initialised, made, exported = 10, 11, 21, 30, 50
    wrap = harness.apdu("80720192", le=b"\0\0\0")
    reader = harness.Reader()
    daemon = world.daemon(world.new_store("events")).ready()
    reader.accept()
    reader.power_on()
    with subprocess.Popen([harness.build_folder() / "glasshsm", "events", "--json", "--from", "1",
                           "--socket", daemon.socket],
                          stdout=subprocess.PIPE, text=True) as events:
        followed(events, [(20, "9000"), (1, "9000")])  # created, power on: events is watching
        reader.drop()
        assert reader_line(events) == {"reader": "detached"}
        reader.accept()
        reader.power_on()
        assert reader_line(events) == {"reader": "attached"}
        reader.expect(harness.SELECT)
        reader.expect(initialize_exportable())
        reader.expect(harness.verify(b"000000"), "63c2")
        reader.expect(harness.verify())
        reader.expect(harness.verify_officer(b"00000000"), "63ce")
        reader.expect(harness.verify_officer())
        reader.expect(harness.generate_p256(1))
        assert len(reader.expect(wrap)) > 100
        reader.expect(harness.apdu("80720992", le=b"\0\0\0"), "6a88")
        followed(events, [(initialised, "9000"), (user, "63c2"), (user, "9000"), (officer, "63ce"),
                          (officer, "9000"), (made, "9000")])
        line = followed(events, [(exported, "9000")])
        assert line["obj"] == "cc01" and line["key"] and line["dig"], line
        followed(events, [(exported, "6a88")])
        events.terminate()
    status = json.loads(harness.tool("status", "--json", "--socket", daemon.socket).stdout)
    assert status["last_visit"]["keys_exported"] == 1, status
    assert status["last_visit"]["keys_made"] == 1, status
    assert status["last_visit"]["failed_logins"] == 1, status  # the SO's; the user's is before
    daemon.stop()
    reader.close()


def doctor_tells_who_listens(_world):
    def finding(check):
        told = json.loads(harness.tool("doctor", "--json").stdout)
        return next(row for row in told["checks"] if row["check"] == check)

    assert "nobody listens" in finding("port 1")["what"]
    reader = harness.Reader()  # on 127.0.0.1
    assert finding("port 1")["verdict"] == "well" and "alone" in finding("port 1")["what"]
    reader.close()


def body(world):
    doctor_tells_who_listens(world)
    events_show_what_happens(world)
    events_follow_insertions_logins_failures_and_exports(world)


harness.run(body)
