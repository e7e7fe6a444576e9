"""Training from demonstrations and by experts over HTTP: phases, labels that a client gives, lineage, erasure."""

import csv
import io
import signal

import numpy as np
import pytest

import lamd
from lamd import safetensors

SMALL = {"hidden_sizes": [32, 32]}
WORLD = "CartPole-v1"
EVERY = [
    ("imitate", "cross_entropy"),
    ("imitate", "margin"),
    ("imitate", "cql"),
    ("aggregate", "dagger"),
    ("reinforce", "q"),
    ("reinforce", "ppo"),
    ("reinforce", "policy_gradient"),
    ("adversarial", "sqil"),
    ("adversarial", "gail"),
    ("adversarial", "airl"),
]


@pytest.fixture(scope="module")
def shown(daemon):
    """Twenty episodes of a good expert."""
    client = daemon.client()
    return client.create_demonstrations(env_id=WORLD, expert="scripted", num_episodes=20, seed=1)["demonstration_id"]


def make(client, env_id=WORLD, seed=1, hyperparameters=SMALL, **fields):
    return client.create_agent(env_id, seed=seed, hyperparameters=hyperparameters, **fields)["agent_id"]


def weights(client, agent):
    """What the policy has learned, and nothing that it only counts."""
    tensors = safetensors.load(client.get_policy(agent))
    return {
        name: tensor.tobytes() for name, tensor in tensors.items() if name.startswith(("layers", "observation"))
    }


def refused(call):
    with pytest.raises(lamd.Problem) as caught:
        call()
    return caught.value


def events_of(client, job, *kinds):
    return [event for event in client.stream_job(job["job_id"]) if event.event in kinds]


# Phases


def test_demonstrations_alone_are_imitated_then_reinforced(client, shown):
    agent = make(client)
    job = client.train(agent, demonstrations=[shown], wait=True)
    imitate, reinforce = job["request"]["phases"]
    assert (imitate["phase"], imitate["method"], imitate["updates"]) == ("imitate", "margin", 10_000)
    assert (reinforce["phase"], reinforce["method"], reinforce["steps"]) == ("reinforce", "q", 200_000)
    assert job["request"]["demonstrations"] == [shown] and job["request"]["target_return"] == 475
    assert job["result"]["target_reached"] and job["result"]["evaluation"]["mean_return"] >= 475
    assert client.evaluate(agent, num_episodes=50, seed=7)["mean_return"] >= 475


def test_an_expert_alone_labels(client):
    agent = make(client)
    job = client.train(agent, expert="scripted", steps=15_000, wait=True)
    (aggregate,) = job["request"]["phases"]
    assert (aggregate["phase"], aggregate["method"]) == ("aggregate", "dagger")
    assert (aggregate["expert"], aggregate["steps"]) == ("cartpole-linear", 15_000)
    assert job["result"]["target_reached"]


def test_demonstrations_and_an_expert(client, shown):
    agent = make(client)
    job = client.train(agent, demonstrations=[shown], expert="scripted", steps=15_000, wait=True)
    assert [(phase["phase"], phase["method"]) for phase in job["request"]["phases"]] == [
        ("imitate", "cross_entropy"),
        ("aggregate", "dagger"),
    ]
    assert job["request"]["phases"][0]["updates"] == 10_000 and job["request"]["phases"][1]["steps"] == 15_000
    assert job["result"]["target_reached"]


def tiny(phase, method):
    budget = {"updates": 100} if phase == "imitate" else {"steps": 600}
    return {"phase": phase, "method": method, **budget, **({"expert": "scripted"} if method == "dagger" else {})}


@pytest.fixture(scope="module")
def every(daemon, shown):
    """A job in which every method has its turn."""
    client = daemon.client()
    hyperparameters = {**SMALL, "learning_starts": 100, "policy_gradient": {"rollout_steps": 64}}
    agent = make(client, hyperparameters=hyperparameters)
    phases = [tiny(*one) for one in EVERY]
    return client.train(agent, demonstrations=[shown], phases=phases, evaluate={"num_episodes": 2}, wait=True)


def test_every_method_has_its_turn(client, every):
    assert every["state"] == "succeeded", every
    assert every["result"]["target_return"] is None and every["progress"] == 1
    phases = [event.data for event in events_of(client, every, "phase")]
    assert [phase["index"] for phase in phases] == list(range(1, len(EVERY)))
    assert [(phase["phase"], phase["method"]) for phase in phases] == EVERY[1:]
    assert [phase["updates"] for phase in phases[:2]] == [100, 200]
    # Each phase has the events that come before the next begins.
    index, told = 0, [[] for _ in EVERY]
    for event in events_of(client, every, "phase", "progress", "evaluation"):
        if event.event == "phase":
            index = event.data["index"]
        else:
            assert event.data["phase"] == EVERY[index][0], event
            told[index].append(event.event)
    assert all({"progress", "evaluation"} <= set(kinds) for kinds in told), told


FIGURES = {
    "cross_entropy": {"imitation_loss"},
    "margin": {"imitation_loss", "loss", "value"},
    "cql": {"imitation_loss", "loss", "value"},
    "dagger": {"imitation_loss"},
    "q": {"loss", "value", "imitation_loss"},
    "ppo": {"loss", "value_loss", "entropy", "approximate_kl", "clip_fraction"},
    "policy_gradient": {"loss", "value_loss", "entropy", "approximate_kl", "clip_fraction"},
    "sqil": {"loss", "value"},
    "gail": {"loss", "value", "discriminator_loss", "expert_accuracy", "own_accuracy", "gradient_penalty"},
    "airl": {"loss", "value", "discriminator_loss", "expert_accuracy", "own_accuracy", "gradient_penalty"},
}


def test_the_learning_curve_has_the_figures_of_each_method(client, every):
    points = client.get_job_metrics(every["job_id"])["items"]
    rows = list(csv.DictReader(io.StringIO(client.get_job_metrics(every["job_id"], format="csv"))))
    assert list(rows[0]) == list(client.openapi()["components"]["schemas"]["Point"]["properties"])
    assert len(rows) == len(points)
    figures = set().union(*FIGURES.values())
    index, found = 0, {}
    for row, point in zip(rows, points):
        assert row["kind"] == point["kind"] and row["phase"] == (point.get("phase") or "")
        index += point["kind"] == "phase"
        if point["kind"] == "progress":
            named = {name for name in figures if point.get(name) is not None}
            assert named == {name for name in figures if row[name] != ""}
            assert all(np.isfinite(float(row[name])) for name in named)
            found.setdefault(EVERY[index][1], set()).update(named)
    assert found == FIGURES


def test_two_spaces_and_no_world_are_enough_to_imitate(client):
    """A thermostat: heats below 20 degrees."""
    spaces = {
        "observation_space": {"type": "Box", "dtype": "float32", "shape": [1], "low": 0, "high": 40},
        "action_space": {"type": "Discrete", "n": 2},
    }
    degrees = np.random.default_rng(1).uniform(10, 30, 201).astype(np.float32)
    episode = {
        "observations": degrees[:, None].tolist(),
        "actions": [int(one < 20) for one in degrees[:-1]],
        "rewards": [0.0] * 200,
        "terminations": [False] * 200,
        "truncations": [False] * 199 + [True],
    }
    uploaded = client.create_demonstrations([episode], name="thermostat", **spaces)["demonstration_id"]
    agent = make(client, None, **spaces)
    job = client.train(agent, demonstrations=[uploaded], updates=400, wait=True)
    (phase,) = job["request"]["phases"]
    assert (phase["phase"], phase["method"], phase["updates"]) == ("imitate", "cross_entropy", 400)
    assert job["state"] == "succeeded" and job["result"]["updates"] == 400 and job["result"]["evaluation"] is None
    assert client.act(agent, observations=[[12], [17], [23], [28]])["actions"] == [1, 1, 0, 0]
    for phase in ({"phase": "aggregate", "expert": "client"}, {"phase": "reinforce"}, {"phase": "adversarial"}):
        problem = refused(
            lambda phase=phase: client.train(agent, demonstrations=[uploaded], phases=[{"phase": "imitate"}, phase])
        )
        assert (problem.status, problem.pointer) == (400, "/env_id")
    problem = refused(lambda: client.train(agent, demonstrations=[uploaded], expert="client"))
    assert (problem.status, problem.pointer) == (400, "/env_id")
    client.delete_agent(agent)
    client.delete_demonstrations(uploaded)


@pytest.mark.parametrize("method", ["sqil", "gail", "airl"])
def test_no_reward_of_the_environment_comes_in(client, shown, method):
    learned, returns = [], []
    for kwargs in ({"sutton_barto_reward": True}, {"sutton_barto_reward": False}):
        agent = make(client, kwargs=kwargs)
        phases = [{"phase": "adversarial", "method": method, "steps": 1500}]
        job = client.train(agent, demonstrations=[shown], phases=phases, evaluate={"num_episodes": 5}, wait=True)
        learned.append(weights(client, agent))
        returns.append(job["result"]["evaluation"]["mean_return"])
        client.delete_agent(agent)
    assert learned[0] == learned[1]
    assert returns[0] <= 0 < returns[1]


def test_logged_data_of_a_bad_teacher_are_enough(client):
    bad = client.create_demonstrations(
        env_id=WORLD, expert="scripted", num_episodes=20, seed=3, exploration=0.3, name="a bad teacher"
    )
    agent = make(client)
    phases = [{"phase": "imitate", "method": "cql", "updates": 3000}]
    client.train(
        agent, demonstrations=[bad["demonstration_id"]], phases=phases, evaluate={"num_episodes": 10}, wait=True
    )
    ours = client.evaluate(agent, num_episodes=100, seed=9)["mean_return"]
    assert ours > bad["quality"]["returns"]["mean"]


# Labels


def rule(observation):
    """A stable regulator: pushes to where the pole falls."""
    position, velocity, angle, turn = observation
    return int(0.05 * position + 0.1 * velocity + angle + 0.3 * turn > 0)


def label(states):
    return [{"state_id": state["state_id"], "action": rule(state["observation"])} for state in states]


def asking(size, budget, **labels):
    hyperparameters = {"labels": {"round": size, "updates": 200, **labels}}
    return [{"phase": "aggregate", "expert": "client", "steps": budget, "hyperparameters": hyperparameters}]


def wait_for_labels(client, agent, job):
    """The states that the job asks about next."""
    for event in client.stream_job(job["job_id"]):
        assert event.event != "done", event
        if event.event == "labels":
            states = client.get_labels(agent, limit=1000)
            if states["open"] > 0:
                return states["items"]
    raise AssertionError("it asked nothing")


def answer(client, agent, job, last_event_id=None):
    """Labels whatever is asked to the job's end: how many labels that took, and the finished job."""
    given = 0
    for event in client.stream_job(job["job_id"], last_event_id=last_event_id):
        if event.event == "labels":
            states = client.get_labels(agent, limit=1000)["items"]
            given += client.post_labels(agent, label(states))["accepted"] if states else 0
    return given, event.data


def test_an_expert_in_the_client(client):
    """DAgger over HTTP: a program that sees nothing but the states it is asked about makes the agent good."""
    agent = make(client)
    evaluate = {"every_steps": 10, "num_episodes": 20}
    job = client.train(agent, phases=asking(10, 400), target_return=475, evaluate=evaluate)
    given, done = answer(client, agent, job)
    assert done["state"] == "succeeded" and done["result"]["steps"] == given
    reply = client.evaluate(agent, num_episodes=100, seed=1000)
    print(f"{given} labels: {reply['scaled']:.3f} scaled")
    assert reply["expert"] == "cartpole-linear" and reply["scaled"] >= 0.95
    assert given <= 200
    version = client.list_versions(agent, limit=1)["items"][0]
    assert version["experts"] == ["client"] and version["demonstrations"] == []


def test_what_is_asked(client):
    agent = make(client)
    job = client.train(agent, phases=asking(20, 20))
    states = wait_for_labels(client, agent, job)
    assert [state["state_id"] for state in states] == list(range(20))
    for state in states:
        assert len(state["observation"]) == 4 and state["action"] in (0, 1) and 0.5 <= state["confidence"] <= 1
    page = client.get_labels(agent, limit=15)
    assert page["items"] == states[:15] and page["open"] == 20 and page["job_id"] == job["job_id"]
    assert client.get_labels(agent, cursor=page["next_cursor"])["items"] == states[15:]
    described = client.get_job(job["job_id"])
    assert (described["state"], described["phase"], described["open_labels"]) == ("running", "aggregate", 20)
    # In any order and number; a later label replaces the earlier one.
    assert client.post_labels(agent, label(states[5:8]))["open"] == 17
    changed = [{**one, "action": 1 - one["action"]} for one in label(states[5:8])]
    assert client.post_labels(agent, changed) == {"accepted": 3, "open": 17}
    assert client.post_labels(agent, label(states[5:8]))["open"] == 17
    assert client.get_labels(agent, limit=1000)["items"] == states[:5] + states[8:]
    assert client.post_labels(agent, label(states)) == {"accepted": 20, "open": 0}
    done = list(client.stream_job(job["job_id"]))[-1].data
    # The last round is learned from before the phase ends, and the policy served.
    assert done["state"] == "succeeded" and done["open_labels"] == 0
    assert (done["result"]["steps"], done["result"]["updates"]) == (20, 200)
    assert client.get_agent(agent)["policy_version"] == done["result"]["policy_version"] > 0
    assert client.get_labels(agent) == {"items": [], "next_cursor": None, "job_id": None, "open": 0}
    problem = refused(lambda: client.post_labels(agent, label(states)))
    assert (problem.status, problem.pointer) == (400, "/labels")


def test_labels_that_come_again(client):
    agent = make(client)
    job = client.train(agent, phases=asking(10, 20))
    first = wait_for_labels(client, agent, job)
    assert client.post_labels(agent, label(first))["open"] == 0
    events = (event for event in client.stream_job(job["job_id"]) if event.event == "labels")
    assert [next(events).data for _ in range(2)] == [{"open": 10}] * 2
    # A reply was lost: the same labels are accepted, others of states that are done with are not.
    assert client.post_labels(agent, label(first)) == {"accepted": 10, "open": 10}
    other = [{**one, "action": 1 - one["action"]} for one in label(first[:1])]
    problem = refused(lambda: client.post_labels(agent, label(first[1:3]) + other))
    assert (problem.status, problem.pointer) == (400, "/labels/2/state_id")
    client.cancel_job(job["job_id"])


def test_labels_that_are_refused_leave_nothing(client):
    agent = make(client, "Taxi-v4")
    job = client.train(agent, phases=asking(10, 10))
    states = wait_for_labels(client, agent, job)
    masks = [state["action_mask"] for state in states]
    assert all(len(mask) == 6 and set(mask) <= {0, 1} and mask[state["action"]] for mask, state in zip(masks, states))
    index = next(index for index, mask in enumerate(masks) if 0 in mask)
    masked = {"state_id": states[index]["state_id"], "action": masks[index].index(0)}
    right = [{"state_id": state["state_id"], "action": state["action"]} for state in states]
    for wrong, pointer in [
        (masked, "action"),
        ({"state_id": 99, "action": 1}, "state_id"),
        ({"state_id": 0, "action": 6}, "action"),
        ({"state_id": 0, "action": -1}, "action"),
        ({"state_id": 0, "action": [1]}, "action"),
        ({"state_id": 0}, "action"),
        ({"action": 1}, "state_id"),
        ({"state_id": "0", "action": 1}, "state_id"),
        ({"state_id": -1, "action": 1}, "state_id"),
        ({"state_id": 0, "action": 1, "sure": True}, "sure"),
    ]:
        problem = refused(lambda wrong=wrong: client.post_labels(agent, [*right, wrong]))
        assert (problem.status, problem.pointer) == (400, f"/labels/{len(right)}/{pointer}"), wrong
        assert client.get_labels(agent)["items"] == states
    assert client.post_labels(agent, right)["open"] == 0
    assert list(client.stream_job(job["job_id"]))[-1].data["state"] == "succeeded"


def test_a_job_that_waits_for_labels_can_be_cancelled(client):
    agent = make(client)
    job = client.train(agent, phases=asking(10, 100))
    states = wait_for_labels(client, agent, job)
    client.post_labels(agent, label(states[:3]))
    assert client.cancel_job(job["job_id"])["state"] == "cancelled"
    assert list(client.stream_job(job["job_id"]))[-1].data["open_labels"] == 0
    assert client.get_labels(agent)["open"] == 0 and client.get_agent(agent)["job_id"] is None
    again = client.train(agent, phases=asking(10, 100))
    wait_for_labels(client, agent, again)
    client.delete_agent(agent)
    assert refused(lambda: client.get_job(again["job_id"])).status == 404


def ask_for_a_second_half(client):
    """A job that waits for half of its second round, what it had labels for, and for what not."""
    agent = make(client)
    job = client.train(agent, phases=asking(20, 60))
    first = wait_for_labels(client, agent, job)
    client.post_labels(agent, label(first))
    events = (event for event in client.stream_job(job["job_id"]) if event.event == "labels")
    seen = [next(events).id for _ in range(2)][-1]
    states = client.get_labels(agent)["items"]
    half = label(states[::2])
    assert client.post_labels(agent, half) == {"accepted": 10, "open": 10}
    return agent, job, seen, label(first) + half, states[1::2]


def finish(client, agent, job, seen, rest):
    """Labels the rest and what comes after it; what must be the same after every kind of run."""
    client.post_labels(agent, label(rest))
    given, done = answer(client, agent, job, last_event_id=seen)
    assert done["state"] == "succeeded" and given == 20 and done["result"]["steps"] == 60
    return weights(client, agent), done["result"]["evaluation"], client.get_agent(agent)["policy_version"]


@pytest.fixture(scope="module")
def unbroken(daemon):
    """A run whose labels came without a break."""
    client = daemon.client()
    agent, job, seen, _, rest = ask_for_a_second_half(client)
    return finish(client, agent, job, seen, rest)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["stopped", "killed"])
def test_labels_survive_the_daemon(new_daemon, unbroken, number):
    """Half a round was labelled when the daemon ended: it asks about the other half, and ends like an unbroken run."""
    running = new_daemon().start()
    agent, job, seen, given, rest = ask_for_a_second_half(running.client())
    running.end(number)
    client = running.start().client()
    assert wait_for_labels(client, agent, job) == rest
    assert client.get_job(job["job_id"])["open_labels"] == 10
    # A client that does not know what became of its labels sends them again.
    assert client.post_labels(agent, given) == {"accepted": 30, "open": 10}
    assert finish(client, agent, job, seen, rest) == unbroken


# Experts, lineage, and sets that are deleted


def test_any_agent_is_an_expert_for_another(client, shown):
    teacher = make(client, seed=2)
    client.train(teacher, demonstrations=[shown], phases=[{"phase": "imitate", "updates": 1500}], wait=True)
    version = client.get_agent(teacher)["policy_version"]
    student = make(client, seed=3, hyperparameters={"hidden_sizes": [16]})
    job = client.train(student, demonstrations=[shown], expert=teacher, steps=1500, wait=True)
    aggregate = job["request"]["phases"][1]
    assert (aggregate["expert"], aggregate["expert_version"]) == (teacher, version)
    newest = client.list_versions(student, limit=1)["items"][0]
    assert newest["demonstrations"] == [shown] and newest["experts"] == []
    own, other = newest["parents"]
    assert own["agent_id"] == student and own["version"] < newest["version"]
    assert other == {"agent_id": teacher, "version": version}
    reply = client.evaluate(student, num_episodes=30, seed=4, expert=teacher)
    assert reply["expert"] == teacher and reply["scaled"] > 0.5
    # One begins where the student stands, and goes on by itself.
    heir = make(client, seed=4, hyperparameters={"hidden_sizes": [16]}, init_from=student)
    observations = np.random.default_rng(3).normal(0, 0.1, (100, 4)).astype(np.float32)
    same = [client.act(one, observations=observations)["actions"] for one in (student, heir)]
    assert same[0] == same[1]
    before = client.list_versions(heir)["items"][-1]
    assert before["parents"] == [{"agent_id": student, "version": newest["version"]}]
    job = client.train(heir, phases=[{"phase": "reinforce", "steps": 1000}], evaluate={"num_episodes": 5}, wait=True)
    newest = client.list_versions(heir, limit=1)["items"][0]
    assert newest["parents"] == [{"agent_id": heir, "version": newest["version"] - 1}]
    assert (newest["demonstrations"], newest["experts"]) == ([], [])


def test_a_scripted_expert_is_named(client):
    agent = make(client)
    client.train(agent, expert="scripted", steps=1000, evaluate={"num_episodes": 5}, wait=True)
    newest = client.list_versions(agent, limit=1)["items"][0]
    assert newest["experts"] == ["cartpole-linear"] and newest["demonstrations"] == []


def test_an_expert_is_not_deleted_while_it_labels(client):
    teacher, student = make(client, seed=2), make(client, seed=3)
    job = client.train(student, expert=teacher, seconds=60, target_return=501)
    problem = refused(lambda: client.delete_agent(teacher))
    assert (problem.status, problem.code) == (409, "in_use") and job["job_id"] in str(problem)
    client.cancel_job(job["job_id"])
    client.delete_agent(teacher)


def test_a_set_is_not_deleted_while_a_job_learns_from_it(client):
    made = client.create_demonstrations(env_id=WORLD, expert="scripted", num_episodes=5, seed=2, name="in use")
    demonstrations = made["demonstration_id"]
    agent = make(client)
    job = client.train(agent, demonstrations=[demonstrations], phases=[{"phase": "imitate", "seconds": 60}])
    problem = refused(lambda: client.delete_demonstrations(demonstrations))
    assert (problem.status, problem.code) == (409, "in_use") and job["job_id"] in str(problem)
    next(event for event in client.stream_job(job["job_id"]) if event.event == "evaluation")
    client.cancel_job(job["job_id"])
    assert client.list_versions(agent, limit=1)["items"][0]["demonstrations"] == [demonstrations]
    client.delete_demonstrations(demonstrations)
    # What it was learned from is still said; what was learned still works, and can be learned further.
    assert client.list_versions(agent, limit=1)["items"][0]["demonstrations"] == [demonstrations]
    assert client.act(agent, [0.0, 0.0, 0.0, 0.0])["action"] in (0, 1)
    assert client.train(agent, steps=500, wait=True)["state"] == "succeeded"
    problem = refused(lambda: client.train(agent, demonstrations=[demonstrations]))
    assert (problem.status, problem.pointer) == (400, "/demonstrations/0")


def test_a_set_of_other_spaces_is_refused(client, shown):
    other = client.create_demonstrations(env_id="Acrobot-v1", expert="scripted", num_episodes=1, seed=2)
    agent = make(client)
    problem = refused(lambda: client.train(agent, demonstrations=[shown, other["demonstration_id"]]))
    assert (problem.status, problem.pointer) == (400, "/demonstrations/1")
    assert client.get_agent(agent)["job_id"] is None


# Erasure


def canaries(count):
    """Numbers whose bytes no weight, statistic, state of CartPole or text has by chance.

    The upper byte makes them huge. No other byte can be the one with sign and exponent of a number of usual size, nor a
    letter, so that they do not even come up across two numbers.
    """
    random = np.random.default_rng(20261126)
    parts = random.integers(0xD0, 0xFF, (2 * count, 4), np.uint8)
    parts[:, 3] = random.integers(0x60, 0x70, 2 * count, np.uint8)
    return random.permutation(np.unique(parts.view(np.float32)))[:count]


def found(folder, needles):
    """The needles that some file below a folder holds."""
    left = set()
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            left |= {needle for needle in needles if needle in content}
    return left


def test_what_was_learned_from_can_be_erased(new_daemon):
    """After DELETE, nothing that was shown is in the state folder, although jobs and their checkpoints were made of it."""
    values = canaries(1000)
    assert len(set(values.tolist())) == 1000
    floats = {value.tobytes() for value in values}
    doubles = {value.tobytes() for value in values.astype(np.float64)}
    texts = {form(value).encode() for value in values.tolist() for form in (repr, "{:.9g}".format)}
    words = [f"canary-{number:x}" for number in np.random.default_rng(2).integers(1 << 40, 1 << 60, 3)]
    episodes = [
        {
            "observations": part.reshape(-1, 4).tolist(),
            "actions": [0, 1] * 12,
            "rewards": [1.0] * 24,
            "terminations": [False] * 24,
            "truncations": [False] * 23 + [True],
            "infos": [{words[0]: value} for value in part[:25].tolist()],
        }
        for part in values.reshape(10, 100)
    ]
    running = new_daemon().start()
    client = running.client()
    shown = client.create_demonstrations(episodes, env_id=WORLD, name=words[1], metadata={"by": words[2]})[
        "demonstration_id"
    ]
    agent = make(client)
    phases = [
        {"phase": "imitate", "updates": 2000},
        {"phase": "imitate", "method": "margin", "updates": 1000},
        {"phase": "reinforce", "steps": 4000},
        {"phase": "adversarial", "method": "gail", "steps": 600},
    ]
    job = client.train(agent, demonstrations=[shown], phases=phases, evaluate={"every_steps": 500, "num_episodes": 2})
    for phase in ("imitate", "reinforce"):
        told = iter(client.stream_job(job["job_id"]))
        next(event for event in told if event.data.get("phase") == phase)
        next(event for event in told if event.event == "checkpoint")
        running.kill()
        assert (running.state / "jobs" / f"{job['job_id']}.safetensors").exists()
        needles = floats | doubles | texts | {word.encode() for word in words}
        assert found(running.state / "demonstrations", needles) >= floats
        assert (
            found(running.state / "jobs", floats | doubles)
            == found(running.state / "agents", floats | doubles)
            == set()
        )
        client = running.start().client()
    assert list(client.stream_job(job["job_id"]))[-1].data["state"] == "succeeded"
    client.delete_demonstrations(shown)
    assert found(running.state, needles) == set()
    assert client.list_versions(agent, limit=1)["items"][0]["demonstrations"] == [shown]
    assert running.stop() == 0
    assert found(running.state, needles) == set()
