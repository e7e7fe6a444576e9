"""The commands that talk to a running daemon."""

import json
import os
import pty
import re
import signal
import socket
import subprocess
import time

import numpy as np
import pytest
from daemon import BINARY
from process import PLAIN, wait_until

from lamd import safetensors

LONG = ["train", "--env", "Pendulum-v1", "--steps", 5_000_000, "--target-return", 0]


@pytest.fixture(scope="module")
def lamd(daemon):
    """Runs a command against the shared daemon."""

    def lamd(*arguments, url=daemon.url, **environment):
        command = [str(BINARY), *map(str, arguments)]
        environment = {**PLAIN, "LAMD_URL": url, **environment}
        return subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)

    return lamd


@pytest.fixture(scope="module")
def agent(lamd):
    """An agent that learned a little, and what was said meanwhile."""
    done = lamd("train", "--env", "FrozenLake-v1", "--kwargs", '{"is_slippery": false}', "--steps", 3000, "--name", "ice")
    assert done.returncode == 0, done.stderr
    return re.match("agent ([0-9a-f]{8}) for FrozenLake-v1\n", done.stdout)[1], done.stdout


def failure(done):
    """The one line on stderr of a command that failed."""
    assert done.returncode == 1, done.stdout
    assert done.stdout == ""
    assert done.stderr.startswith("lamd: ")
    assert done.stderr.count("\n") == 1
    return done.stderr[len("lamd: ") : -1]


# Environments


def test_lists_every_environment(lamd, client):
    lines = lamd("envs").stdout.splitlines()
    ids = [item["env_id"] for item in client.list_environments()["items"]]
    assert lines[0].split() == ["ENVIRONMENT", "OBSERVATION", "ACTION", "STEPS", "TARGET", "DESCRIPTION"]
    assert [line.split()[0] for line in lines[1:]] == ids
    cartpole = next(line for line in lines if line.startswith("CartPole-v1"))
    assert re.split(" {2,}", cartpole)[1:5] == ["Box(4)", "Discrete(2)", "500", "475"]


def test_describes_one_environment(lamd):
    lines = dict(line.split(maxsplit=1) for line in lamd("envs", "FrozenLake-v1").stdout.splitlines())
    assert lines["observation_space"] == "Discrete(16)"
    assert json.loads(lines["kwargs"])["map_name"] == "4x4"


def test_json_is_the_daemons_own_reply(lamd, daemon):
    raw = daemon.request("GET", "/v1/environments/CartPole-v1").body
    assert lamd("envs", "CartPole-v1", "--json").stdout == raw.decode() + "\n"
    assert len(json.loads(lamd("envs", "--json").stdout)["items"]) > 10


def test_a_refusal_is_one_line(lamd):
    assert failure(lamd("envs", "Nowhere-v0")) == "there is no environment Nowhere-v0"


def test_an_id_is_sent_as_it_is(lamd):
    assert failure(lamd("envs", "a?b c%")) == "there is no environment a?b c%"


# Where the daemon is


def test_a_daemon_that_is_not_there(lamd):
    said = failure(lamd("envs", "--url", "http://127.0.0.1:1"))
    assert said.startswith("no answer from http://127.0.0.1:1: ")
    assert "'lamd serve' starts a daemon, --url or $LAMD_URL names another" in said


@pytest.mark.parametrize("address", ["ftp://127.0.0.1", "127.0.0.1:8808", "unix:", "http://"])
def test_what_is_no_address(lamd, address):
    assert failure(lamd("envs", "--url", address)) == f"'{address}' is no address: say http://HOST:PORT, https://HOST:PORT or unix:PATH"


def test_something_else_that_answers(lamd):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        command = [BINARY, "envs", "--url", f"http://127.0.0.1:{port}"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=PLAIN) as process:
            connection, _ = other.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>")
            assert "does not answer as lamd does" in process.stderr.read()
    assert process.returncode == 1


def test_the_flag_goes_before_the_variable(lamd, daemon):
    assert lamd("envs", "--url", daemon.url, url="http://127.0.0.1:1").returncode == 0
    assert lamd("envs", "--url", daemon.url + "/").returncode == 0


def test_this_machine_is_never_behind_a_proxy(lamd):
    assert lamd("envs", http_proxy="http://127.0.0.1:1", ALL_PROXY="http://127.0.0.1:1").returncode == 0


def test_a_unix_socket_will_do(lamd, start, tmp_path):
    where = f"unix:{tmp_path / 'lamd.sock'}"
    start("serve", "--state", tmp_path / "state", "--listen", where).await_log("listening on")
    assert "CartPole-v1" in lamd("envs", url=where, http_proxy="http://127.0.0.1:1").stdout


# Agents


def test_tells_in_a_pipe_how_it_learns(agent):
    id, said = agent
    lines = said.splitlines()
    assert re.fullmatch("job [0-9a-f]{8}", lines[1])
    assert any(re.match(r" \d\d %  reinforce, [\d,]+ steps, return ", line) for line in lines)
    assert any(re.match(r"evaluation at [\d,]+ steps: mean return \S+ ± \S+", line) for line in lines)
    assert re.match(r"succeeded after [\d,]+ steps in \S+ s, mean return \S+, target 0.7 (not )?reached$", lines[-1])
    assert "\r" not in said
    assert "\x1b" not in said


def test_lists_and_describes_agents(lamd, agent):
    id, _ = agent
    lines = lamd("agents").stdout.splitlines()
    assert lines[0].split() == ["AGENT", "NAME", "ENVIRONMENT", "VERSION", "STEPS", "UPDATES", "RETURN", "JOB"]
    row = next(line for line in lines if line.startswith(id)).split()
    assert row[1:3] == ["ice", "FrozenLake-v1"]
    assert "name               ice\n" in lamd("agents", id).stdout
    assert json.loads(lamd("agents", id, "--json").stdout)["kwargs"] == {"is_slippery": False}
    assert id in [item["agent_id"] for item in json.loads(lamd("agents", "--json").stdout)["items"]]
    assert "00000000" in failure(lamd("agents", "00000000"))


def test_guards_agents_and_turns_them_off(lamd, client):
    agent = client.create_agent("CartPole-v1", hyperparameters={"hidden_sizes": [8]})["agent_id"]
    assert "has no guard" in failure(lamd("agents", "guard", agent))
    assert json.loads(lamd("agents", "guard", agent, '{"deny":[0]}', "--json").stdout)["deny"] == [0]
    assert client.act(agent, [0, 0, 0, 0])["action"] == 1
    assert "/deny/0" in failure(lamd("agents", "guard", agent, '{"deny":[7]}'))
    assert "deny" in lamd("agents", "guard", agent).stdout
    lamd("agents", "guard", agent, "none")
    assert not client.get_agent(agent)["guarded"]
    assert lamd("agents", "kill", agent, "--reason", "too hot").stdout == f"agent {agent} is off\n"
    assert client.get_agent(agent)["killed"]["reason"] == "too hot"
    card = lamd("agents", "card", agent).stdout
    assert card.startswith(f"# Version 0 of agent {agent}") and "turned off" in card
    assert "no version 9" in failure(lamd("agents", "card", agent, "--version", 9))
    assert lamd("agents", "revive", agent).stdout == f"agent {agent} acts\n"
    assert client.get_agent(agent)["killed"] is None
    client.delete_agent(agent)


def test_says_what_an_agents_actions_are(lamd, client, tmp_path):
    agent = client.create_agent("CartPole-v1")["agent_id"]
    file = tmp_path / "items.safetensors"
    file.write_bytes(safetensors.dump({"action_features": np.float32([[-1, 0], [1, 0]])}))
    lines = dict(line.split(maxsplit=1) for line in lamd("agents", agent, "--action-features", file).stdout.splitlines())
    assert lines == {"n": "2", "f": "2", "withdrawn": "0", "version": "1", "source": "client"}
    assert json.loads(lamd("agents", agent, "--action-features", file, "--json").stdout)["version"] == 2
    assert "cannot be read" in failure(lamd("agents", agent, "--action-features", tmp_path / "none"))
    file.write_bytes(safetensors.dump({"action_features": np.float32([[1, 0]])}))
    assert "there are 2 actions, not 1" in failure(lamd("agents", agent, "--action-features", file))
    assert lamd("agents", "--action-features", file).returncode == 64
    client.delete_agent(agent)



def test_evaluates(lamd, agent):
    id, _ = agent
    text = lamd("evaluate", id, "--num-episodes", 7, "--seed", 3).stdout
    assert re.match(r"mean return \S+ ± \S+, from \S+ to \S+, over 7 episodes of FrozenLake-v1 with a mean length", text)
    assert "the random policy's mean return is 0, that of value-iteration 1; scaled between them: " in text
    assert f"that of {id} " in lamd("evaluate", id, "--num-episodes", 7, "--expert", id).stdout
    evaluation = json.loads(lamd("evaluate", id, "--num-episodes", 7, "--seed", 3, "--json").stdout)
    assert evaluation["seeds"] == list(range(3, 10))
    slippery = lamd("evaluate", id, "--kwargs", '{"is_slippery": true}', "--num-episodes", 50, "--json")
    assert json.loads(slippery.stdout)["mean_return"] < 1


def test_trains_an_agent_further(lamd, agent, client):
    id, _ = agent
    before = client.get_agent(id)["steps"]
    done = lamd("train", id, "--steps", 500, "--target-return", 2, "--num-envs", 2)
    assert done.returncode == 0
    assert done.stdout.startswith("job ")
    assert done.stdout.endswith("target 2 not reached\n")
    assert client.get_agent(id)["steps"] >= before + 500


def test_json_is_the_finished_job_and_progress_goes_elsewhere(lamd, client):
    done = lamd("train", "--env", "Crossing-v0", "--steps", 600, "--seed", 5, "--json")
    job = json.loads(done.stdout)
    assert job == client.get_job(job["job_id"])
    assert job["state"] == "succeeded"
    assert f"job {job['job_id']}\n" in done.stderr
    assert client.get_agent(job["agent_id"])["seed"] == 5


def test_hyperparameters_reach_the_new_agent(lamd, client):
    arguments = ["--hyperparameters", '{"n_step": 1, "hidden_sizes": [8]}', "--name", "small"]
    done = lamd("train", "--env", "Crossing-v0", "--updates", 10, *arguments)
    found = client.get_agent(re.match("agent (.{8})", done.stdout)[1])
    assert found["name"] == "small"
    assert (found["hyperparameters"]["n_step"], found["hyperparameters"]["hidden_sizes"]) == (1, [8])


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--env", "Nowhere-v0"], "/env_id: "),
        (["--env", "Crossing-v0", "--steps", "0"], "/steps: "),
        (["--env", "Crossing-v0", "--hyperparameters", '{"n_steps": 1}'], "/hyperparameters/n_steps: "),
        (["--env", "FrozenLake-v1", "--kwargs", '{"ice": 1}'], "/kwargs/ice: "),
        (["--env", "Crossing-v0", "--kwargs", "{no"], "--kwargs: this is not JSON"),
        (["--env", "Crossing-v0", "--demonstrations", "none"], "--demonstrations: there are no demonstrations none; "),
        (["--env", "Crossing-v0", "--expert", "nobody"], "/expert: "),
        (["--env", "Crossing-v0", "--phases", "{no"], "--phases: this is not JSON"),
        (["--env", "Crossing-v0", "--phases", '[{"phase": "imitate", "steps": 5}]'], "/phases/0/steps: "),
        (["00000000"], "there is no agent"),
    ],
)
def test_a_refused_training_leaves_no_agent(lamd, client, arguments, reason):
    before = client.list_agents()["items"]
    done = lamd("train", *arguments)
    assert done.returncode == 1
    assert done.stderr.startswith("lamd: " + reason), done.stderr
    assert client.list_agents()["items"] == before


@pytest.mark.parametrize(
    "arguments", [[], ["00000000", "--name", "x"], ["00000000", "--seed", "1"], ["--env", "Crossing-v0", "--steps", "x"]]
)
def test_a_command_line_that_cannot_be_understood(lamd, arguments):
    done = lamd("train", *arguments)
    assert done.returncode == 64
    assert "Usage: lamd train" in done.stderr


def test_trains_from_demonstrations_and_an_expert_in_phases(lamd, client):
    def make(name, *arguments):
        made = lamd("demonstrations", "--env", "Crossing-v0", "--name", name, *arguments, "--json")
        return json.loads(made.stdout)["demonstration_id"]

    first, second = make("first steps"), make("more steps", "--seed", 100)
    arguments = ["--env", "Crossing-v0", "--demonstrations", f"first steps,{second}"]
    done = lamd("train", *arguments, "--expert", "scripted", "--steps", 200, "--target-return", 1000)
    assert done.returncode == 0, done.stderr
    assert any(re.match(r" \d\d %  imitate, [\d,]+ updates", line) for line in done.stdout.splitlines())
    assert re.search(r"^evaluation at [\d,]+ updates: mean return .*^now aggregate by dagger$", done.stdout, re.M | re.S)
    assert re.search(r"^evaluation at [\d,]+ steps: .*^succeeded after 200 steps in ", done.stdout, re.M | re.S)
    request = client.get_job(re.search("^job (.{8})$", done.stdout, re.M)[1])["request"]
    assert request["demonstrations"] == [first, second]
    assert [phase["phase"] for phase in request["phases"]] == ["imitate", "aggregate"]
    phases = json.dumps([{"phase": "imitate", "updates": 200}])
    done = lamd("train", "--env", "Crossing-v0", "--demonstrations", first, "--phases", phases)
    assert re.search(r"^succeeded after 200 updates in .* mean return \S+$", done.stdout, re.M)
    for name in ("first steps", second):
        assert lamd("demonstrations", "--delete", name).stdout.startswith("erased demonstrations ")


def test_says_who_must_answer(daemon, client):
    labels = json.dumps({"labels": {"round": 5, "updates": 50}})
    command = ["train", "--env", "Crossing-v0", "--expert", "client", "--steps", "10", "--hyperparameters", labels]
    environment = {**PLAIN, "LAMD_URL": daemon.url}
    with subprocess.Popen([BINARY, *command], stdout=subprocess.PIPE, text=True, env=environment) as process:
        rounds = 0
        try:
            for line in process.stdout:
                said = re.fullmatch(r"waits for someone to say what to do in 5 states: (curl -s \S+/(\S+)/labels)\n", line)
                if said:
                    asked = json.loads(subprocess.run(said[1].split(), capture_output=True, check=True).stdout)
                    given = [{"state_id": one["state_id"], "action": 0} for one in asked["items"]]
                    client.post_labels(said[2], given)
                    rounds += 1
        except BaseException:
            process.kill()
            raise
    assert process.returncode == 0
    assert rounds == 2
    assert line.startswith("succeeded after 10 steps in ")


def test_a_busy_agent_is_named(lamd, client):
    agent = client.create_agent("Pendulum-v1")["agent_id"]
    job = client.train(agent, steps=5_000_000, target_return=0)["job_id"]
    assert failure(lamd("train", agent)).startswith(f"job {job} trains agent {agent};")
    client.cancel_job(job)


# Demonstrations


def test_an_expert_gives_demonstrations(lamd, client):
    arguments = ["--env", "FrozenLake-v1", "--kwargs", '{"is_slippery": false}', "--episodes", 3, "--seed", 5]
    lines = lamd("demonstrations", *arguments, "--name", "over the ice").stdout.splitlines()
    pattern = r"demonstrations ([0-9a-f]{8}), over the ice of FrozenLake-v1: 3 episodes, 18 steps, mean return 1 ± 0"
    id = re.fullmatch(pattern, lines[0])[1]
    sentences = [f"{one['severity']}: {one['sentence']}" for one in client.get_demonstration_quality(id)["findings"]]
    assert lines[1:] == sentences != []
    assert lamd("demonstrations", id).stdout.splitlines() == lines
    assert lamd("demonstrations", "over the ice").stdout.splitlines() == lines
    assert json.loads(lamd("demonstrations", id, "--json").stdout) == client.get_demonstrations(id)
    table = lamd("demonstrations").stdout.splitlines()
    assert table[0].split() == ["DEMONSTRATIONS", "NAME", "ENVIRONMENT", "EPISODES", "STEPS", "MADE"]
    assert re.split(" {2,}", next(row for row in table if row.startswith(id)))[1:5] == [
        "over the ice",
        "FrozenLake-v1",
        "3",
        "18",
    ]
    assert id in [item["demonstration_id"] for item in json.loads(lamd("demonstrations", "--json").stdout)["items"]]
    assert failure(lamd("demonstrations", *arguments, "--name", "over the ice")).startswith("/name: ")
    assert failure(lamd("demonstrations", "--env", "Crossing-v0", "--expert", "nobody")).startswith("/expert: ")
    assert lamd("demonstrations", "--delete", "over the ice").stdout == f"erased demonstrations {id}\n"
    assert failure(lamd("demonstrations", id)).startswith(f"<id>: there are no demonstrations {id}; ")
    assert failure(lamd("demonstrations", "--delete", id)).startswith("--delete: ")


@pytest.mark.parametrize(
    "arguments", [["one", "--delete", "other"], ["--name", "x"], ["--delete", "x", "--env", "Crossing-v0"]]
)
def test_demonstrations_that_cannot_be_understood(lamd, arguments):
    done = lamd("demonstrations", *arguments)
    assert done.returncode == 64
    assert "Usage: lamd demonstrations" in done.stderr


# Following a job


@pytest.fixture
def follow(start, serve):
    """Starts a long training, and waits until it has begun."""

    def follow(daemon=None, **keywords):
        daemon = daemon or serve()
        out = os.pipe()
        process = subprocess.Popen(
            [str(BINARY), *map(str, LONG), "--url", daemon.url],
            stdout=out[1],
            stderr=subprocess.PIPE,
            text=True,
            env=PLAIN,
        )
        os.close(out[1])
        reader = os.fdopen(out[0])
        agent, job = (reader.readline().split()[1] for _ in range(2))
        started.append(process)
        return daemon, process, reader, job

    started = []
    yield follow
    for process in started:
        process.kill()
        process.communicate()


def test_an_interrupt_leaves_the_job_running_and_says_how_to_go_on(follow):
    daemon, process, _, job = follow()
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    watch, cancel = (line.split(": ", 1)[1].strip() for line in said.strip().splitlines())
    assert json.loads(daemon.get(f"/v1/jobs/{job}"))["state"] == "running"
    events = subprocess.run(["timeout", "2", *watch.split()], capture_output=True, text=True, check=False).stdout
    assert "event: progress" in events
    job = json.loads(subprocess.run([*cancel.split(), "-s"], capture_output=True, text=True, check=True).stdout)
    assert job["state"] == "cancelled"


def test_a_cancelled_job_is_no_success(follow):
    daemon, process, reader, job = follow()
    subprocess.run(["curl", "-s", "-X", "DELETE", f"{daemon.url}/v1/jobs/{job}"], capture_output=True, check=True)
    assert process.wait(30) == 1
    assert reader.read().splitlines()[-1].startswith("cancelled after ")
    assert process.stderr.read() == "lamd: the job was cancelled\n"


def test_a_restart_of_the_daemon_is_waited_for(start, tmp_path, follow):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = ["serve", "--listen", f"127.0.0.1:{port}", "--state", tmp_path / "state"]
    first = start(*arguments)
    first.await_log("listening on")
    _, process, reader, job = follow(first)
    time.sleep(1)
    assert first.stop(signal.SIGTERM) == 0
    assert "the daemon is away; the job goes on when it is back\n" in iter(reader.readline, "")
    second = start(*arguments)
    second.await_log("listening on")
    wait_until(lambda: json.loads(second.get(f"/v1/jobs/{job}"))["state"] == "running")
    subprocess.run(["curl", "-s", "-X", "DELETE", f"{second.url}/v1/jobs/{job}"], capture_output=True, check=True)
    assert process.wait(30) == 1
    assert "cancelled after" in reader.read()


def test_a_terminal_gets_a_bar(daemon):
    leader, follower = pty.openpty()
    command = [BINARY, "train", "--env", "CartPole-v1", "--steps", "20000", "--target-return", "1000"]
    with subprocess.Popen(command, stdout=follower, env={**PLAIN, "LAMD_URL": daemon.url}) as process:
        os.close(follower)
        said = b""
        try:
            while piece := os.read(leader, 65536):
                said += piece
        except OSError:  # EIO: the other end is closed
            pass
    os.close(leader)
    assert process.returncode == 0
    text = said.decode()
    bars = re.findall(r"\r\x1b\[K *(\d+) % \[(#*)(\.*)\] reinforce, [\d,]+ steps", text)
    assert len(bars) >= 3
    assert all(len(filled) + len(rest) == 24 for _, filled, rest in bars)
    shares = [int(share) for share, _, _ in bars]
    assert shares == sorted(shares)
    assert text.replace("\r\n", "\n").endswith("target 1000 not reached\n")
