"""Files that are no longer what was written: put aside, told, and gone on without."""

import re

import pytest
from processes import until

import lamd


def tear(path, place=None):
    content = bytearray(path.read_bytes())
    content[len(content) // 2 if place is None else place] ^= 1
    path.write_bytes(content)


def quarantined(client):
    return float(re.search(r"^lamd_quarantined_files (\S+)", client.metrics(), re.M)[1])


def test_an_agent_serves_its_newest_whole_version(new_daemon):
    running = new_daemon().start()
    client = running.client()
    agent = client.create_agent("FrozenLake-v1", seed=1)["agent_id"]
    for _ in range(3):
        client.put_policy(agent, client.get_policy(agent))
    running.kill()
    versions = running.state / "agents" / agent / "versions"
    tear(versions / "3.safetensors")
    (versions / "2.safetensors").write_bytes((versions / "2.safetensors").read_bytes()[:100])
    client = running.start().client()
    assert client.get_agent(agent)["policy_version"] == 1
    assert client.act(agent, observation=0)["policy_version"] == 1
    assert quarantined(client) == 2
    kept = running.state / "quarantine" / "agents" / agent / "versions"
    assert sorted(path.name for path in kept.iterdir()) == ["2.safetensors", "3.safetensors"]
    log = running.log.read_text()
    assert log.count("a file is damaged and was put aside") == 2 and "the agent serves version 1" in log
    with pytest.raises(lamd.Problem, match="no version 3"):
        client.rollback(agent, 3)
    # A number is never given twice.
    assert client.put_policy(agent, client.get_policy(agent))["version"] == 4
    running.kill()
    assert running.start().client().get_agent(agent)["policy_version"] == 4


def test_what_is_in_memory_is_written_anew(new_daemon):
    running = new_daemon().start()
    client = running.client()
    agent = client.create_agent("FrozenLake-v1", seed=1, name="first")["agent_id"]
    client.train(agent, steps=300, wait=True)
    running.stop()
    learner = running.state / "agents" / agent / "learner.safetensors"
    tear(learner)
    client = running.start().client()
    # Nobody has asked for it: it is found by looking through everything.
    assert until(lambda: quarantined(client) == 1)
    assert not learner.exists()
    assert client.train(agent, steps=300, wait=True)["state"] == "succeeded"
    assert learner.exists()


def test_a_set_loses_only_the_file_that_is_torn(new_daemon):
    def episode(reward):
        flags = {"terminations": [True], "truncations": [False]}
        return {"observations": [0, 4], "actions": [1], "rewards": [reward], **flags}

    running = new_daemon().start()
    client = running.client()
    made = client.create_demonstrations([episode(0)] * 400, env_id="FrozenLake-v1", name="shown")["demonstration_id"]
    client.add_episodes(made, [episode(1)])
    running.kill()
    files = sorted((running.state / "demonstrations" / made).glob("*.safetensors"))
    assert len(files) == 2
    tear(files[0])
    client = running.start().client()
    assert client.get_demonstrations(made)["num_episodes"] in (401, 1)
    assert client.get_demonstration_file(made, format="ndjson").count(b"\n") == 1
    assert client.get_demonstrations(made)["num_episodes"] == 1
    assert "the set goes on without its 400 episodes" in running.log.read_text()
    client.add_episodes(made, [episode(2)])
    running.kill()
    client = running.start().client()
    assert client.get_demonstrations(made)["num_episodes"] == 2 and quarantined(client) == 1


def test_a_job_without_its_checkpoint_begins_with_the_agents_policy(new_daemon):
    running = new_daemon().start()
    client = running.client()
    agent = client.create_agent("FrozenLake-v1", seed=1)["agent_id"]
    job = client.train(agent, steps=20_000, evaluate={"every_steps": 500, "num_episodes": 2})["job_id"]
    next(event for event in client.stream_job(job) if event.event == "checkpoint")
    running.kill()
    tear(running.state / "jobs" / f"{job}.safetensors")
    client = running.start().client()
    done = list(client.stream_job(job))[-1]
    assert done.data["state"] == "succeeded" and done.data["metrics"]["steps"] >= 500
    assert "the job begins with its agent's policy" in running.log.read_text()


def test_files_of_an_older_version_have_no_checksum_and_are_read(new_daemon):
    running = new_daemon().start()
    client = running.client()
    agent = client.create_agent("FrozenLake-v1", seed=1)["agent_id"]
    policy = client.get_policy(agent)
    running.kill()
    file = running.state / "agents" / agent / "versions" / "0.safetensors"
    assert file.read_bytes()[-16:-8] == b"lamdseal"
    file.write_bytes(file.read_bytes()[:-16])
    client = running.start().client()
    assert client.get_policy(agent) == policy and quarantined(client) == 0


def test_what_a_crash_leaves_behind_is_removed(new_daemon):
    running = new_daemon().start()
    client = running.client()
    agent = client.create_agent("FrozenLake-v1", seed=1)["agent_id"]
    running.kill()
    state = running.state
    strays = [
        state / "agents" / "0a1b2c3d" / "versions" / "0.safetensors",
        state / "agents" / agent / "versions" / "7.safetensors",
        state / "agents" / agent / ".learner.safetensors.tmp",
        state / "jobs" / "0a1b2c3d.safetensors",
        state / "sessions" / "0a1b2c3d" / "log-1",
        state / ".backup-1.files.tmp" / "agents" / "x",
    ]
    for stray in strays:
        stray.parent.mkdir(parents=True, exist_ok=True)
        stray.write_bytes(b"x")
    client = running.start().client()
    assert not any(stray.exists() for stray in strays)
    assert client.act(agent, observation=0)["policy_version"] == 0
