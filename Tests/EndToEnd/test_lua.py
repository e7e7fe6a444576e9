"""A client in another language, written as those for gym-http-api were, drives episodes."""

import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest


@pytest.mark.parametrize(("env_id", "limit"), [
    ("CartPole-v0", 200),
    ("FrozenLake-v0", 100),
    ("Pendulum-v1", 200),
    ("MountainCar-v0", 200),
])  # fmt: skip
def test_lua_drives_episodes(daemon, env_id, limit):
    parts = urlsplit(daemon.url)
    script = Path(__file__).with_name("client.lua")
    arguments = ["lua5.4", script, parts.hostname, str(parts.port), env_id, "5"]
    ended = subprocess.run(arguments, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    episodes = [line.split("\t") for line in ended.stdout.splitlines()]
    assert len(episodes) == 5
    for length, total in episodes:
        assert 1 <= int(length) <= limit
        if env_id == "CartPole-v0":
            assert float(total) == int(length)
