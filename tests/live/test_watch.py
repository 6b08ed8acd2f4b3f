"""Watching a token: events follow the log, doctor looks at the machine."""
import json
import subprocess

import harness


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
        refused = json.loads(events.stdout.readline())
        assert (refused["seq"], refused["act"], refused["sw"]) == (4, 10, "63c2"), refused
        reader.close()
        assert json.loads(events.stdout.readline()) == {"reader": "detached"}
        daemon.stop()
        assert events.wait(harness.LIMIT) == 1  # there is no daemon to follow any more


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


harness.run(body)
