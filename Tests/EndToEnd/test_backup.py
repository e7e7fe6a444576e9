"""Copies of the state folder, made while it is in use."""

import json
import subprocess
import threading
import time

import pytest
from crashes import Book
from daemon import BINARY, Daemon

import lamd


def run(*arguments):
    return subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True, timeout=60)


def test_a_place_that_cannot_be_written_is_the_callers(new_daemon, tmp_path):
    running = new_daemon().start()
    (tmp_path / "there").mkdir()
    made = run("backup", "--url", running.url, "--output", tmp_path / "there")
    assert made.returncode == 1
    assert made.stderr == f"lamd: --output: {tmp_path}/there cannot be written: Is a directory\n"
    assert not list(tmp_path.glob("*.part"))


def test_a_backup_under_load_is_of_one_moment(new_daemon, tmp_path):
    running = new_daemon().start()
    book = Book(running, 1)
    stopped, faults = threading.Event(), []
    threads = [threading.Thread(target=book.run, args=(load, stopped, faults), daemon=True) for load in book.loads]
    for thread in threads:
        thread.start()
    files = [tmp_path / f"{number}.backup" for number in range(3)]
    for file in files:
        made = run("backup", "--url", running.url, "--output", file)
        assert made.returncode == 0 and "backup of" in made.stdout, made.stderr
    stopped.set()
    running.kill()
    assert not faults, faults
    assert not list(tmp_path.glob("*.part"))
    for number, file in enumerate(files):
        state = tmp_path / f"new-{number}"
        restored = run("restore", file, "--state", state)
        assert restored.returncode == 0, restored.stderr
        copy = Daemon(state).start()
        try:
            client = copy.client()
            client.readyz()
            steps, _, policies, episodes, agents, training = book.loads
            assert client.get_env(steps.instance)["durable"]
            for version in client.list_versions(policies.agent, limit=1000)["items"]:
                client.get_policy(policies.agent, version=version["version"])
            there = client.get_demonstration_file(episodes.set, format="ndjson").count(b"\n")
            assert there == client.get_demonstrations(episodes.set)["num_episodes"] > 0
            for agent in client.list_agents(limit=1000)["items"]:
                if agent["env_id"] == "FrozenLake-v1":
                    client.act(agent["agent_id"], observation=0)
            assert client.get_agent(training.agent)["job_id"] is None or client.list_jobs()["items"]
            assert "lamd_quarantined_files 0" in client.metrics()
            log = copy.log.read_text()
            assert " error " not in log, log
        finally:
            copy.kill()


def test_a_folder_in_use_or_not_empty_is_left_alone(new_daemon, tmp_path):
    running = new_daemon().start()
    agent = running.client().create_agent("FrozenLake-v1", name="first")["agent_id"]
    file = tmp_path / "x.backup"
    running.client().backup(file)
    assert run("restore", file, "--state", running.state, "--force").returncode == 1
    running.client().delete_agent(agent)
    assert running.stop() == 0
    refused = run("restore", file, "--state", running.state)
    assert refused.returncode == 1 and "not empty" in refused.stderr
    forced = run("restore", file, "--state", running.state, "--force")
    assert forced.returncode == 0 and "what was there before is in" in forced.stdout
    assert running.start().client().get_agent(agent)["name"] == "first"
    assert len(list(tmp_path.glob("lamd.before-*"))) == 1


def test_what_is_no_backup_is_refused(tmp_path):
    file = tmp_path / "x"
    file.write_bytes(b"something else")
    refused = run("restore", file, "--state", tmp_path / "new")
    assert refused.returncode == 1 and "not a whole backup" in refused.stderr
    assert not (tmp_path / "new").exists()
    refused = run("restore", tmp_path / "none", "--state", tmp_path / "new")
    assert refused.returncode == 1 and "there is no file" in refused.stderr


def test_only_one_is_made_at_a_time(new_daemon):
    running = new_daemon().start()
    client = running.client()
    agent = client.create_agent("FrozenLake-v1", hyperparameters={"hidden_sizes": [512, 512]})["agent_id"]
    for _ in range(60):
        client.put_policy(agent, client.get_policy(agent))
    statuses = []

    def fetch():
        try:
            statuses.append(running.client()._caller.send("GET", "/v1/backup", wait=True).status)
        except lamd.Problem as problem:
            statuses.append(problem.status)

    threads = [threading.Thread(target=fetch) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {200, 409} and 200 in statuses and 409 in statuses, statuses
    assert not list(running.state.glob(".backup*"))



def test_a_running_daemon_is_brought_back(new_daemon, tmp_path):
    socket = f"unix:{tmp_path / 'socket'}"
    running = new_daemon("lamd", "--listen", socket).start()
    pid, client = running.pid, lamd.Client(socket)
    first = client.create_agent("CartPole-v1", name="first")["agent_id"]
    job = client.train(first, steps=100_000_000, wait=False)["job_id"]
    steps = client.create_env("CartPole-v1", durable=True, autoreset_mode="next_step")["instance_id"]
    client.reset(steps, seed=3)
    taken = [client.step(steps, 1) for _ in range(5)]
    file = tmp_path / "x.backup"
    client.backup(file)
    expected = client.step(steps, 0)
    for number in range(2):
        later = client.create_agent("FrozenLake-v1", name="later")["agent_id"]
        client.step(steps, 1)
        made = run("restore", file, "--url", socket)
        assert made.returncode == 0 and "the daemon has begun anew" in made.stdout, made.stderr
        assert running.pid == pid and running.is_running
        assert [agent["name"] for agent in client.list_agents()["items"]] == ["first"]
        assert client.get_job(job)["state"] in ("queued", "running")
        assert client.step(steps, 0) == expected and len(taken) == 5
        # What was there before is a whole state folder.
        asides = sorted(running.state.glob("before-*"))
        assert len(asides) == number + 1
        log = running.log.read_text()
        assert f"what was there before={asides[-1]}" in log.replace('"', ""), log
    assert " error " not in log, log
    assert running.stop() == 0
    before = Daemon(asides[-1]).start()
    try:
        assert before.client().get_agent(later)["name"] == "later"
    finally:
        before.kill()
    # It belongs to no backup.
    running.start().client().backup(tmp_path / "y.backup")
    listed = subprocess.run(
        ["python3", "-c", "import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).execute('select name from files'))",
         tmp_path / "y.backup"], capture_output=True, text=True, check=True)
    assert "catalogue.sqlite" in listed.stdout and "before-" not in listed.stdout


def test_what_is_no_backup_does_not_come_in(new_daemon, tmp_path):
    running = new_daemon().start()
    client = running.client()
    agent = client.create_agent("FrozenLake-v1")["agent_id"]
    file = tmp_path / "x.backup"
    client.backup(file)
    whole = file.read_bytes()
    half = len(whole) // 2
    damaged = whole[:half] + bytes([whole[half] ^ 1]) + whole[half + 1 :]
    kind = {"Content-Type": "application/vnd.sqlite3"}
    for body, headers, status in [
        (b"", kind, 400), (b"something else", kind, 400), (whole[:half], kind, 400), (damaged, kind, 400),
        (b"{}", {"Content-Type": "application/json"}, 415),
    ]:
        refused = running.request("PUT", "/v1/backup", body, headers)
        assert refused.status == status and json.loads(refused.body)["detail"], refused
    assert client.get_agent(agent) and client.readyz()
    assert not [name for name in running.state.iterdir() if name.name.startswith((".", "before-"))]


@pytest.mark.parametrize("end", [Daemon.stop, Daemon.kill])
def test_it_is_ended_while_it_begins_anew(new_daemon, tmp_path, end):
    """Whatever ends it then, the next start has the backup, and what was there before."""
    running = new_daemon().start()
    client = running.client()
    agent = client.create_agent("FrozenLake-v1", name="first")["agent_id"]
    file = tmp_path / "x.backup"
    client.backup(file)
    for number in range(12):
        later = client.create_agent("FrozenLake-v1")["agent_id"]
        client.restore_backup(file)
        time.sleep(number / 100)
        end(running)
        client = running.start().client()
        assert client.get_agent(agent)["name"] == "first", number
        with pytest.raises(lamd.Problem):
            client.get_agent(later)
        assert len(list(running.state.glob("before-*/catalogue.sqlite"))) == number + 1
