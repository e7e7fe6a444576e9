"""The Python client's environments under the checkers of Gymnasium, and the daemon's own contract."""

import json
import re
import subprocess
import time
import warnings

import gymnasium
import numpy as np
import pytest
import yaml
from daemon import ROOT
from gymnasium.utils.env_checker import check_env, data_equivalence
from gymnasium.utils.env_match import check_environments_match
from gymnasium.wrappers import TransformReward
from worlds import CASES, IDS, PLAIN, gymnasiums_own

import lamd
from lamd.spaces import decode_space


@pytest.mark.parametrize(("env_id", "kwargs"), CASES, ids=IDS)
def test_passes_gymnasiums_checker(daemon, env_id, kwargs):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=".*(infinity|normalized space).*")
        check_env(lamd.make(env_id, url=daemon.url, **kwargs))


@pytest.mark.parametrize(("env_id", "kwargs"), CASES, ids=IDS)
def test_matches_gymnasiums_own(daemon, env_id, kwargs):
    # Some of Gymnasium's environments reward with int or numpy's float64; on the wire rewards are floats.
    own = TransformReward(gymnasiums_own(env_id, **kwargs), float)
    ours = lamd.make(env_id, url=daemon.url, **kwargs)
    check_environments_match(ours, own, num_steps=300, seed=3)
    ours.close()


@pytest.mark.parametrize("env_id", PLAIN)
def test_a_spec_makes_the_same_environment_again(daemon, env_id):
    first = lamd.make(env_id, url=daemon.url)
    again = gymnasium.make(gymnasium.envs.registration.EnvSpec.from_json(first.spec.to_json()))
    assert again.unwrapped.instance_id != first.instance_id
    assert data_equivalence(first.reset(seed=4), again.reset(seed=4), exact=True)


@pytest.mark.parametrize("env_id", PLAIN)
def test_frames(daemon, env_id):
    modes = lamd.make(env_id, url=daemon.url).metadata["render_modes"]
    assert {"rgb_array", "svg", "png"} <= set(modes)
    for mode in modes:
        env = lamd.make(env_id, url=daemon.url, render_mode=mode)
        env.reset(seed=1)
        frame = env.render()
        if mode == "rgb_array":
            assert frame.dtype == np.uint8 and frame.shape[2] == 3 and len(np.unique(frame)) > 1
        elif mode == "png":
            assert frame.startswith(b"\x89PNG\r\n")
        elif mode == "svg":
            assert frame.lstrip().startswith("<") and "<svg" in frame
        else:
            assert frame == gymnasiums_ansi(env_id)
        env.close()


def gymnasiums_ansi(env_id):
    own = gymnasiums_own(env_id, render_mode="ansi")
    own.reset(seed=1)
    return own.render()


def test_the_daemon_serves_the_contract_in_the_repository(client):
    assert client.openapi() == json.loads(json.dumps(yaml.safe_load((ROOT / "protocol" / "openapi.yaml").read_text())))


def test_health_and_metrics(client):
    assert client.livez() == {"status": "ok"}
    assert client.readyz() == {"status": "ok"}
    text = client.metrics()
    families = re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE)
    assert families and len(dict(families)) == len(families)
    for line in text.splitlines():
        assert line.startswith("#") or re.fullmatch(r'[a-z_]+(\{([a-z_]+="[^"]*",?)*\})? [-+0-9.eE]+|\S+ NaN', line), (
            line
        )


def test_a_unix_socket(new_daemon, tmp_path):
    path = tmp_path / "socket"
    running = new_daemon("unix", "--listen", f"unix:{path}").start()
    with lamd.make("CartPole-v1", url=f"unix:{path}") as env:
        assert env.reset(seed=42)[0] in env.observation_space
    assert running.stop() == 0


def test_bound_addresses_beyond_loopback_are_refused(new_daemon, tmp_path):
    from daemon import BINARY

    ended = subprocess.run(
        [BINARY, "serve", "--listen", "0.0.0.0:0", "--state", tmp_path / "x"], capture_output=True, timeout=30
    )
    assert ended.returncode != 0
    assert b"--insecure" in ended.stderr + ended.stdout


def test_instances_expire(client):
    lease = client.create_env("CartPole-v1", ttl_s=1)["instance_id"]
    kept = client.create_env("CartPole-v1")["instance_id"]
    assert {lease, kept} <= client.list_envs()["envs"].keys()
    for _ in range(3):  # Use prolongs the lease,
        time.sleep(0.5)
        client.reset(lease)
    time.sleep(1.2)  # rest does not.
    with pytest.raises(lamd.Problem) as caught:
        client.get_env(lease)
    assert caught.value.status == 404
    assert kept in client.list_envs()["all_envs"]
    client.delete_env(kept)


def test_every_space_of_the_catalogue_is_understood(client):
    for world in client.list_environments(limit=1000)["items"]:
        for name in ("observation_space", "action_space"):
            assert isinstance(decode_space(world[name]), gymnasium.Space)
