"""A run that is stopped or killed in the middle loses no checkpoint and ends with the same weights, bit for bit."""

import signal

import pytest

from lamd import safetensors

HYPERPARAMETERS = {"hidden_sizes": [256, 256], "replay": "prioritized"}
# A target beyond reach, so that only the budget ends the job.
TRAIN = {"num_envs": 2, "target_return": 501, "evaluate": {"every_steps": 3000, "num_episodes": 5}}

# What a training is made of; the first learns by itself, the others from demonstrations or an expert too. Each of these
# begins with another phase, so that there is something that a checkpoint must not mix up.
RUNS = {
    "q": [{"phase": "reinforce", "steps": 12_000}],
    "imitate": [{"phase": "imitate", "method": "margin", "updates": 300}, {"phase": "imitate", "updates": 4000}],
    "aggregate": [{"phase": "imitate", "updates": 300}, {"phase": "aggregate", "expert": "scripted", "steps": 6000}],
    "demonstrations in replay": [{"phase": "imitate", "updates": 300}, {"phase": "reinforce", "steps": 6000}],
    "ppo": [{"phase": "imitate", "updates": 300}, {"phase": "reinforce", "method": "ppo", "steps": 10_000}],
    "gail": [{"phase": "imitate", "updates": 300}, {"phase": "adversarial", "method": "gail", "steps": 5000}],
}


def begin(client, run="q"):
    if run == "q":
        agent = client.create_agent("CartPole-v1", seed=11, hyperparameters=HYPERPARAMETERS)["agent_id"]
        return agent, client.train(agent, phases=RUNS[run], **TRAIN)["job_id"]
    agent = client.create_agent("CartPole-v1", seed=11, hyperparameters={"hidden_sizes": [128, 128]})["agent_id"]
    shown = client.create_demonstrations(env_id="CartPole-v1", expert="scripted", num_episodes=10, seed=1)
    train = {
        **TRAIN,
        "demonstrations": [shown["demonstration_id"]],
        "evaluate": {"every_steps": 1000, "num_episodes": 3},
    }
    return agent, client.train(agent, phases=RUNS[run], **train)["job_id"]


def finish(client, agent, job):
    """Waits for the job's end; what must be the same after every kind of run."""
    events = list(client.stream_job(job))
    done = events[-1].data
    assert done["state"] == "succeeded", done
    kinds = ("phase", "episode", "evaluation")
    curve = [(event.event, event.data) for event in events if event.event in kinds]
    for _, data in curve:
        data.pop("seconds", None)
    described = client.get_agent(agent)
    versions = [version["version"] for version in client.list_versions(agent, limit=1000)["items"]]
    counts = [described[key] for key in ("steps", "episodes", "updates", "policy_version")]
    weights = {name: tensor.tobytes() for name, tensor in safetensors.load(client.get_policy(agent)).items()}
    return weights, counts, versions, curve


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    from daemon import Daemon

    running = Daemon(tmp_path_factory.mktemp("unbroken") / "lamd").start()
    client = running.client()
    result = finish(client, *begin(client))
    assert running.stop() == 0
    return result


def interrupted(new_daemon, number, times=1, run="q"):
    running = new_daemon().start()
    agent, job = begin(running.client(), run)
    last = 0
    for _ in range(times):
        events = running.client().stream_job(job)
        if len(RUNS[run]) > 1:
            next(event for event in events if event.event == "phase")
        announced = next(event for event in events if event.event == "checkpoint" and event.id > last)
        last = announced.id
        assert running.client().get_job(job)["state"] == "running"
        running.end(number)
        running.start()
        client = running.client()
        resumed = client.get_job(job)
        assert resumed["state"] in ("queued", "running", "succeeded")
        told = client.stream_job(job, last_event_id=announced.id - 1)
        assert next(told) == announced
        assert resumed["metrics"]["steps"] >= announced.data["steps"]
    return finish(client, agent, job), running


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["stopped", "killed"])
def test_a_broken_run_ends_like_an_unbroken_one(unbroken, new_daemon, number):
    result, running = interrupted(new_daemon, number)
    assert result[0] == unbroken[0]
    assert result[1:] == unbroken[1:]
    assert running.stop() == 0


def test_killed_again_and_again(unbroken, new_daemon):
    result, _ = interrupted(new_daemon, signal.SIGKILL, times=3)
    assert result == unbroken


@pytest.mark.parametrize("run", [run for run in RUNS if run != "q"])
def test_every_kind_of_phase_goes_on_where_it_was(daemon, new_daemon, run):
    client = daemon.client()
    result, _ = interrupted(new_daemon, signal.SIGKILL, times=2, run=run)
    assert result == finish(client, *begin(client, run))


def test_what_was_finished_is_still_there_after_a_restart(new_daemon):
    running = new_daemon().start()
    client = running.client()
    agent = client.create_agent("FrozenLake-v1", seed=1, name="kept")["agent_id"]
    job = client.train(agent, steps=1500, evaluate={"num_episodes": 10}, wait=True)
    client.evaluate(agent, num_episodes=10, seed=3)

    def everything(client):
        return (
            client.get_agent(agent),
            client.list_versions(agent),
            client.get_policy(agent),
            client.get_policy(agent, version=0),
            client.list_jobs(),
            client.get_job_metrics(job["job_id"]),
            list(client.stream_job(job["job_id"])),
            client.act(agent, observations=list(range(16)), include=["values", "probabilities"]),
        )

    before = everything(client)
    for number in (signal.SIGTERM, signal.SIGKILL):
        running.end(number)
        running.start()
        assert everything(running.client()) == before
    client = running.client()
    assert client.train(agent, steps=500, wait=True)["state"] == "succeeded"


def test_observed_transitions_survive_a_graceful_stop(new_daemon):
    running = new_daemon().start()
    client = running.client()
    agent = client.create_agent("FrozenLake-v1", seed=1)["agent_id"]
    transition = {"observation": 0, "action": 1, "reward": 0.0, "next_observation": 4, "terminated": False}
    client.observe(agent, [transition] * 300, learn=False)
    assert running.stop() == 0
    client = running.start().client()
    assert client.get_agent(agent)["steps"] == 300


def test_an_agent_that_cannot_be_read_does_not_stop_the_others(new_daemon):
    running = new_daemon().start()
    client = running.client()
    broken = client.create_agent("CartPole-v1", seed=1)["agent_id"]
    whole = client.create_agent("CartPole-v1", seed=2)["agent_id"]
    assert running.stop() == 0
    file = running.state / "agents" / broken / "versions" / "0.safetensors"
    file.write_bytes(file.read_bytes()[:-1])
    client = running.start().client()
    assert [agent["agent_id"] for agent in client.list_agents()["items"]] == [whole]
    assert broken in running.log.read_text()
    assert client.act(whole, [0.0, 0.0, 0.0, 0.0])["action"] in (0, 1)
