"""A daemon whose disk refuses: the n-th write, fsync, rename or open of something that clients asked for fails."""

from __future__ import annotations

import errno
import json
import mmap
import os
import shutil
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Optional

from daemon import Daemon

import lamd
from lamd import safetensors

SOURCE = Path(__file__).with_name("faults.c")


class Control:
    """What the shim in the daemon is told: see faults.c."""

    def __init__(self, folder: Path) -> None:
        self.library = folder / "faults.so"
        compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
        assert compiler, "a C compiler is needed: install gcc"
        subprocess.run(
            [compiler, "-shared", "-fPIC", "-O1", "-o", self.library, SOURCE, "-ldl"], check=True, capture_output=True
        )
        self.path = folder / "control"
        self.path.write_bytes(bytes(40))
        self.file = self.path.open("r+b")
        self.map = mmap.mmap(self.file.fileno(), 40)

    def set(self, on: bool, failing: int = 0, forever: bool = False, error: int = errno.EIO) -> None:
        self.map[0:8] = bytes(8)
        self.map[8:40] = struct.pack("<4q", 0, failing, int(forever), error)
        self.map[0:8] = struct.pack("<q", int(on))

    def stop(self) -> int:
        """Lets everything through again; how many calls there were."""
        self.map[0:8] = bytes(8)
        return int(struct.unpack("<q", self.map[8:16])[0])


class FaultyDaemon(Daemon):
    """`lamd serve` under the shim."""

    def __init__(self, state: Path, control: Control, *arguments: str) -> None:
        super().__init__(state, *arguments)
        self.control = control

    def start(self) -> Daemon:
        names = {
            "LD_PRELOAD": str(self.control.library),
            "LAMD_FAULT_CONTROL": str(self.control.path),
            "LAMD_FAULT_FOLDER": str(self.state),
        }
        os.environ.update(names)
        try:
            return super().start()
        finally:
            for name in names:
                del os.environ[name]


class Scenario(NamedTuple):
    """One thing that a client asks for, and what must be so after a restart."""

    name: str
    #: Done once for every fault, without one; what it gives goes to the others.
    prepare: Callable[[lamd.Client], Any]
    #: What is asked while the disk refuses.
    ask: Callable[[lamd.Client, Any], Any]
    #: Given the reply, or None where it was refused, says whether everything is as it must be.
    check: Callable[[lamd.Client, Any, Optional[Any]], bool]


def _agent(client: lamd.Client) -> str:
    made = client.create_agent("FrozenLake-v1", seed=1, hyperparameters={"hidden_sizes": [8]})
    return str(made["agent_id"])


def _episode(reward: float) -> dict[str, Any]:
    return {"observations": [0, 4], "actions": [1], "rewards": [reward], "terminations": [True], "truncations": [False]}


def _rewards(client: lamd.Client, name: str) -> Optional[list[float]]:
    sets = {item["name"]: item["demonstration_id"] for item in client.list_demonstrations(limit=1000)["items"]}
    if name not in sets:
        return None
    lines = client.get_demonstration_file(sets[name], format="ndjson").decode().splitlines()
    return [json.loads(line)["rewards"][0] for line in lines]


def _agents(client: lamd.Client) -> set[str]:
    return {item["agent_id"] for item in client.list_agents(limit=1000)["items"]}


def _shown(client: lamd.Client) -> str:
    return str(client.create_demonstrations([_episode(0)], env_id="FrozenLake-v1", name="shown")["demonstration_id"])


def _policy(client: lamd.Client) -> tuple[str, bytes]:
    agent = _agent(client)
    return agent, safetensors.dump(safetensors.load(client.get_policy(agent)))


def _trained(client: lamd.Client) -> str:
    agent = _agent(client)
    client.put_policy(agent, client.get_policy(agent))
    return agent


def _train(client: lamd.Client, agent: str) -> Any:
    job = client.train(agent, steps=300, evaluate={"every_steps": 100, "num_episodes": 2}, wait=True)
    return job if job["state"] == "succeeded" else None


def _train_checked(client: lamd.Client, agent: str, reply: Optional[Any]) -> bool:
    jobs = client.list_jobs()["items"]
    for job in jobs:
        # One whose end could not be kept goes on.
        list(client.stream_job(job["job_id"]))
    if reply is None:
        return client.act(agent, observation=0) is not None
    found = client.get_job(reply["job_id"])
    there = {item["version"] for item in client.list_versions(agent)["items"]}
    return found["state"] == "succeeded" and found["result"]["policy_version"] in there


def _started(client: lamd.Client) -> str:
    instance = client.create_env("FrozenLake-v1", seed=1, durable=True)["instance_id"]
    client.reset(instance, seed=1)
    return str(instance)


def _step_checked(client: lamd.Client, instance: str, reply: Optional[Any]) -> bool:
    step = client.get_env(instance)["step"]
    if reply is None:
        return step in (0, 1)
    return bool(step == 1 and client.step(instance, 1, step=0) == reply)


def _recorded(client: lamd.Client) -> str:
    instance = client.create_env("FrozenLake-v1", kwargs={"is_slippery": False}, record="recorded")["instance_id"]
    client.reset(instance, seed=1)
    client.step(instance, 1)
    return str(instance)


def _labelled(client: lamd.Client) -> Any:
    agent = _agent(client)
    job = client.train(agent, phases=[{"phase": "aggregate", "method": "dagger", "expert": "client", "steps": 40}])
    for event in client.stream_job(job["job_id"]):
        if event.event in ("labels", "done"):
            break
    found = client.get_labels(agent)["items"][:2]
    return agent, job["job_id"], [{"state_id": item["state_id"], "action": 2} for item in found]


def _labels_checked(client: lamd.Client, context: Any, reply: Optional[Any]) -> bool:
    agent, _, labels = context
    # It asks again only after it has begun again.
    for _ in range(500):
        if opened := {item["state_id"] for item in client.get_labels(agent, limit=1000)["items"]}:
            break
        time.sleep(0.01)
    return reply is None or not opened & {label["state_id"] for label in labels}


def _table(client: lamd.Client) -> str:
    made = client.create_agent(
        observation_space={"type": "Discrete", "n": 2},
        action_space={"type": "Discrete", "n": 3},
        action_features=[[0.0], [1.0], [2.0]],
        hyperparameters={"hidden_sizes": [8]},
    )
    return str(made["agent_id"])


def _backed_up(client: lamd.Client, _: Any) -> Any:
    reply = client._caller.send("GET", "/v1/backup", wait=True)
    assert reply.body[:15] == b"SQLite format 3"
    return len(reply.body)


def scenarios() -> Iterator[Scenario]:
    """Twelve, and what they have in common: a reply is kept, and whatever was before is still there."""
    yield Scenario(
        "create agent", lambda client: None, lambda client, _: _agent(client),
        lambda client, _, reply: len(_agents(client)) <= 1 and (reply is None or reply in _agents(client)),
    )
    yield Scenario("train", _agent, _train, _train_checked)
    yield Scenario(
        "upload a policy", _policy, lambda client, context: client.put_policy(*context)["version"],
        lambda client, context, reply: client.get_agent(context[0])["policy_version"] in ((0, 1), (1,))[reply is not None],
    )
    yield Scenario(
        "roll back", _trained, lambda client, agent: client.rollback(agent, 0)["version"] + 1,
        lambda client, agent, reply: client.get_agent(agent)["policy_version"] in ((0, 1), (0,))[reply is not None],
    )
    yield Scenario(
        "create demonstrations", lambda client: None, lambda client, _: _shown(client),
        lambda client, _, reply: _rewards(client, "shown") in (([0.0], None), ([0.0],))[reply is not None],
    )
    yield Scenario(
        "append demonstrations", _shown, lambda client, shown: client.add_episodes(shown, [_episode(1)]),
        lambda client, _, reply: _rewards(client, "shown") in (([0.0], [0.0, 1.0]), ([0.0, 1.0],))[reply is not None],
    )
    yield Scenario(
        "delete demonstrations", _shown, lambda client, shown: [client.delete_demonstrations(shown)],
        lambda client, _, reply: _rewards(client, "shown") in (([0.0], None), (None,))[reply is not None],
    )
    yield Scenario(
        "label", _labelled, lambda client, context: client.post_labels(context[0], context[2]), _labels_checked
    )
    yield Scenario(
        "record", _recorded,
        lambda client, instance: [client.step(instance, action) for action in (1, 2, 2, 1, 2)][-1]["terminated"],
        lambda client, _, reply: _rewards(client, "recorded") in (([], [0.0] * 1, None), ([0.0],))[reply is not None],
    )
    yield Scenario(
        "step a durable instance", _started, lambda client, instance: client.step(instance, 1, step=0), _step_checked
    )
    yield Scenario("back up", _trained, _backed_up, lambda client, agent, _: agent in _agents(client))
    yield Scenario(
        "delete agent", _trained, lambda client, agent: [client.delete_agent(agent)],
        lambda client, agent, reply: reply is None or agent not in _agents(client),
    )
    yield Scenario(
        "make a durable instance", lambda client: None,
        lambda client, _: client.create_env("CartPole-v1", durable=True)["instance_id"],
        lambda client, _, reply: len(client.list_envs()["envs"]) <= 1
        and (reply is None or client.get_env(reply)["durable"]),
    )
    yield Scenario(
        "close a durable instance", _started, lambda client, instance: [client.delete_env(instance)],
        lambda client, instance, reply: reply is None or instance not in client.list_envs()["envs"],
    )
    yield Scenario(
        "edit action features", _table,
        lambda client, agent: client.patch_action_features(agent, [1], [[9.0]])["version"],
        lambda client, agent, reply: client.get_action_features(agent, tensors=True)["action_features"][1, 0]
        in ((1.0, 9.0), (9.0,))[reply is not None],
    )


def run(scenario: Scenario, folder: Path, control: Control, *, forever: bool, stride: int = 1, limit: int = 400) -> int:
    """Fails every call of a scenario in turn, until it passes untouched. How many calls it makes."""
    for number in range(1, limit, stride):
        state = folder / f"{number}"
        faulty = FaultyDaemon(state, control)
        control.set(False)
        faulty.start()
        what = f"{scenario.name}, call {number}{' and all after it' if forever else ''}"
        try:
            client = faulty.client(retries=0)
            context = scenario.prepare(client)
            error = errno.ENOSPC if number % 2 == 0 else errno.EIO
            control.set(True, number, forever, error)
            reply = None
            try:
                reply = scenario.ask(client, context)
            except lamd.Problem as problem:
                assert problem.status in (503, 507), f"{what}: {problem}"
            except ConnectionError as lost:
                raise AssertionError(f"{what}: {lost}\n{faulty.log.read_text()}") from lost
            calls = control.stop()
            assert client.readyz()["status"] == "ok", what
        finally:
            control.stop()
            if faulty.is_running:
                faulty.kill()
        after = Daemon(state).start()
        try:
            client = after.client()
            client.readyz()
            assert scenario.check(client, context, reply), f"{what}: {reply}\n{after.log.read_text()}"
            assert after.stop() == 0, what
        finally:
            if after.is_running:
                after.kill()
        shutil.rmtree(state)
        if calls < number:
            assert reply is not None, what
            return calls
    return limit
