"""The audit log of the real daemon: complete, whole, and read by those who may."""

import errno
import hashlib
import json
import random
import struct
import subprocess
import threading

import pytest
from daemon import BINARY
from faults import Control, FaultyDaemon
from operations import World

import lamd


def verify(state, *arguments):
    command = [BINARY, "audit", "verify", "--state", state, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def records(state):
    """Every record, its chain worked out again from the description in the contract."""
    found, chain = [], bytes(32)
    for segment in sorted((state / "audit").glob("*.ndjson")):
        for line in segment.read_bytes().splitlines():
            text, _, end = line.rpartition(b',"chain":"')
            chain = hashlib.sha256(chain + text).digest()
            assert end == chain.hex().encode() + b'"}'
            found.append(json.loads(line))
    assert [record["sequence"] for record in found] == list(range(1, len(found) + 1))
    return found


def test_every_operation_that_changes_something_is_recorded(new_daemon):
    """Made from the contract: whoever adds an operation need not think of it."""
    running = new_daemon().start()
    world = World(running)
    runners = ["shutdown", "backup", "restoreBackup"]
    expected = []
    for method, template, name, scope in world.operations:
        is_change = (method != "GET" and scope in ("train", "admin")) or name in runners
        if not is_change or name == "shutdown":
            continue
        ask = world.ask(name)
        token = world.tokens["default", "admin"] if name in runners else world.tokens["a", scope]
        path = world.path(template, ask, fresh=True)
        reply = world.send(method, path, ask, token, **{"X-Request-Id": f"asked-{name}"})
        expected.append((name, path, reply.status, reply.headers["Location"]))
    assert len(expected) > 15
    world.send("POST", "/v1/shutdown/", world.ask("shutdown"), world.tokens["default", "admin"], **{"X-Request-Id": "asked-shutdown"})
    assert running.wait() == 0
    expected.append(("shutdown", "/v1/shutdown/", 200, None))
    found = records(running.state)
    for name, path, status, location in expected:
        change, outcome = (record for record in found if record.get("request_id") == f"asked-{name}")
        assert (change["event"], outcome["event"], outcome["change"]) == ("change", "outcome", change["sequence"])
        assert (change["operation"], change["path"]) == (name, path)
        assert (outcome["status"], outcome.get("location")) == (status, location), name
        assert change["tenant"] == ("default" if name in runners else "a") and "(" in change["caller"]
    assert {record.get("operation") for record in found} <= {name for name, *_ in expected} | {None}
    assert found[0]["event"] == "segment" and found[1]["event"] == "start" and found[-1]["event"] == "stop"
    text = b"".join(file.read_bytes() for file in (running.state / "audit").iterdir())
    for token in world.tokens.values():
        assert not token or token.encode() not in text
    assert verify(running.state).returncode == 0


def test_an_acknowledged_change_is_recorded_whenever_the_daemon_dies(new_daemon):
    running = new_daemon()
    chance, acknowledged = random.Random(1), []
    for _ in range(8):
        client = running.start().client(retries=0)
        stopped = threading.Event()

        def change(client=client, stopped=stopped):
            while not stopped.is_set():
                try:
                    acknowledged.append(client.create_demonstrations([], env_id="CartPole-v1", name=str(random.random()))["demonstration_id"])
                except (lamd.Problem, OSError):
                    return

        threads = [threading.Thread(target=change) for _ in range(3)]
        for thread in threads:
            thread.start()
        stopped.wait(chance.uniform(0.1, 0.5))
        running.kill()
        stopped.set()
        for thread in threads:
            thread.join(30)
        checked = verify(running.state)
        assert checked.returncode == 0, checked.stderr
    client = running.start().client()
    assert len(acknowledged) > 20
    made = {item["demonstration_id"] for item in _all(client.list_demonstrations)}
    assert running.stop() == 0
    found = records(running.state)
    told = {record.get("location", "").rpartition("/")[2] for record in found if record["event"] == "outcome"}
    assert set(acknowledged) <= told
    # What was made and not acknowledged was at least begun.
    changes = sum(record["event"] == "change" for record in found)
    assert set(acknowledged) <= made and len(made) <= changes


def _all(ask, **keywords):
    cursor = None
    while True:
        page = ask(limit=1000, cursor=cursor, **keywords)
        yield from page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return


def test_actions_are_recorded_where_they_are_to_be(new_daemon):
    running = new_daemon("lamd", "--audit", "actions").start()
    client = running.client()
    agent = client.create_agent("CartPole-v1", seed=1)["agent_id"]
    observation = [0.1, -0.25, 0.125, 0.0]
    served = [client.act(agent, observation=observation)["action"] for _ in range(5)]
    batch = client.act(agent, observations=[observation] * 100)["actions"]
    found = list(_all(client.list_audit, event="action"))
    assert [record["actions"] for record in found[:5]] == [[action] for action in served]
    one = struct.pack("<4f", *observation)
    assert found[0]["observation_sha256"] == hashlib.sha256(one).hexdigest()
    assert found[5]["rows"] == 100 and found[5]["observation_sha256"] == hashlib.sha256(one * 100).hexdigest()
    assert found[5]["actions_sha256"] == hashlib.sha256(struct.pack("<100q", *batch)).hexdigest()
    assert found[0]["agent_id"] == agent and found[0]["policy_version"] == 0
    assert verify(running.state).returncode == 0
    running.kill()
    assert len([record for record in records(running.state) if record["event"] == "action"]) == 6


def test_acts_are_not_recorded_unless_asked_for(client):
    agent = client.create_agent("CartPole-v1", seed=1)["agent_id"]
    head = client.get_audit_head()
    client.act(agent, observation=[0, 0, 0, 0])
    assert client.get_audit_head() == head


def test_verify_reads_while_the_daemon_writes(new_daemon):
    running = new_daemon("lamd", "--audit", "actions").start()
    client = running.client()
    agent = client.create_agent("CartPole-v1", seed=1)["agent_id"]
    stopped = threading.Event()

    def act():
        mine = running.client()
        while not stopped.is_set():
            mine.act(agent, observation=[0, 0, 0, 0])

    threads = [threading.Thread(target=act) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(20):
            checked = verify(running.state)
            assert checked.returncode == 0, checked.stderr
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
    head = client.get_audit_head()["chain"]
    assert running.stop() == 0
    assert verify(running.state, "--head", head).returncode == 0
    assert verify(running.state, "--head", "0" * 63 + "1").returncode == 1


def test_a_flipped_byte_and_a_shorter_log_are_found(new_daemon):
    running = new_daemon().start()
    running.client().create_agent("CartPole-v1")
    assert running.stop() == 0
    (file,) = (running.state / "audit").iterdir()
    whole = file.read_bytes()
    place = len(whole) // 2
    file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    checked = verify(running.state)
    assert checked.returncode == 1 and f"{file}:" in checked.stderr
    file.write_bytes(b"".join(whole.splitlines(keepends=True)[:-1]))
    checked = verify(running.state)
    assert checked.returncode == 1 and "missing at its end" in checked.stderr
    # It serves on, says so, and the fault stays visible.
    client = running.start().client()
    assert "lamd_audit_faults_total 1.0" in client.metrics()
    client.create_agent("CartPole-v1")
    assert "audit log is not what was written" in running.log.read_text()
    assert running.stop() == 0
    assert verify(running.state).returncode == 1


def test_tenants_see_their_own_records(new_daemon):
    running = new_daemon().start()
    world = World(running)
    agent = world.make("agent_id")
    theirs = lamd.Client(running.url, token=world.tokens["b", "admin"])
    own = theirs.create_agent("CartPole-v1")["agent_id"]
    assert {record["tenant"] for record in _all(theirs.list_audit)} == {"b"}
    assert {record["tenant"] for record in _all(world.owner.list_audit)} == {"a"}
    assert not list(_all(theirs.list_audit, id=agent)) and list(_all(world.owner.list_audit, id=agent))
    everything = list(_all(world.operator.list_audit))
    assert {"a", "b", "default"} <= {record.get("tenant") for record in everything}
    assert [r["sequence"] for r in everything] == list(range(1, len(everything) + 1))
    assert list(_all(world.operator.list_audit, id=own))[0]["tenant"] == "b"
    assert not list(_all(world.operator.list_audit, since="2100-01-01T00:00:00Z"))
    assert list(_all(world.operator.list_audit, since="2000-01-01T00:00:00Z")) == everything
    with pytest.raises(lamd.Problem, match="expected a time"):
        theirs.list_audit(since="yesterday")


@pytest.mark.parametrize("error, status", [(errno.ENOSPC, 507), (errno.EIO, 503)])
def test_what_cannot_be_recorded_is_not_done(tmp_path, error, status):
    control = Control(tmp_path)
    running = FaultyDaemon(tmp_path / "lamd", control, "--audit", "actions").start()
    try:
        client = running.client(retries=0)
        agent = client.create_agent("FrozenLake-v1", seed=1)["agent_id"]
        control.set(True, 1, forever=True, error=error)
        for method, path, body in [("POST", "/act/", '{"observation":0}'), ("POST", "/rollback", '{"version":0}'), ("DELETE", "", None)]:
            reply = running.request(method, f"/v1/agents/{agent}{path}", body, {"Content-Type": "application/json"})
            assert reply.status == status, (path, reply)
        control.stop()
        assert client.act(agent, observation=0)["policy_version"] == 0
        client.delete_agent(agent)
        assert running.stop() == 0
        assert verify(running.state).returncode == 0
        # Nothing is left of what could not be written.
        records(running.state)
    finally:
        control.stop()
        if running.is_running:
            running.kill()


def test_tokens_made_at_the_folder_are_recorded(new_daemon):
    running = new_daemon()
    for name in ["first", "second"]:
        command = [BINARY, "token", "create", name, "--scope", "admin", "--state", running.state]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
    found = [record for record in records(running.state) if record["event"] in ("change", "outcome")]
    assert [record["operation"] for record in found] == ["createToken"] * 4
    assert all(record["caller"].startswith("command line") for record in found)
    assert verify(running.state).returncode == 0
