"""How many environments workers may host, and what is said of settings and of workers that do not start."""

import subprocess

import pytest
from daemon import BINARY
from hosting import COUNT, catalogue, refused
from processes import children, pid, until


def test_no_more_environments_than_allowed(new_daemon):
    running = new_daemon("lamd", "--worker", COUNT, "--worker-environments", "4").start()
    client = running.client()
    assert refused(client.create_env, "count/Count-v0", num_envs=5).status == 429
    made = [client.create_env("count/Count-v0", num_envs=count)["instance_id"] for count in (1, 3)]
    problem = refused(client.create_env, "count/Count-v0")
    assert problem.status == 429 and "--worker-environments" in problem.detail
    client.create_env("CartPole-v1")
    client.delete_env(made[1])
    client.create_env("count/Count-v0", num_envs=3)
    # Those that could not be made do not count.
    client.delete_env(made[0])
    assert refused(client.create_env, "count/Count-v0", kwargs={"target": 0}).status == 400
    client.create_env("count/Count-v0")
    assert "lamd_worker_environments 4" in client.metrics()


WRONG = [
    (["--worker", "foo"], "NAME=COMMAND"),
    (["--worker", "foo="], "NAME=COMMAND"),
    (["--worker", "a/b=true"], "NAME=COMMAND"),
    (["--worker", "foo=true", "--worker", "foo=false"], "a name that no other worker has"),
    (["--gymnasium", "python3", "--worker", "gymnasium=true"], "a name that no other worker has"),
    (["--worker-processes", "0"], "worker"),
    (["--worker-timeout", "soon"], "worker"),
]


@pytest.mark.parametrize(("arguments", "words"), WRONG, ids=[" ".join(each[0]) for each in WRONG])
def test_wrong_settings_are_refused_at_the_start(tmp_path, arguments, words):
    command = [BINARY, "serve", "--state", tmp_path, "--listen", "127.0.0.1:0", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 78
    (line,) = ended.stderr.splitlines()
    assert words in line and arguments[-1].partition("=")[0] in line


@pytest.mark.parametrize("python", ["/nonexistent", "/bin/false"])
def test_without_a_worker_the_rest_is_served(new_daemon, python):
    running = new_daemon("lamd", "--gymnasium", python, "--worker", COUNT).start()
    client = running.client()
    for call, argument in ((client.create_env, "gymnasium/CartPole-v1"), (client.get_environment, "gymnasium/A-v0")):
        problem = refused(call, argument)
        assert (problem.status, problem.code) == (502, "worker_failed")
        assert problem.detail.startswith("gymnasium worker 0 ") and len(problem.detail) > 30
    for env_id in ("CartPole-v1", "count/Count-v0"):
        instance = client.create_env(env_id)["instance_id"]
        client.reset(instance)
        assert client.step(instance, 1)["reward"] == 1
    assert until(lambda: "count/Count-v0" in catalogue(client))
    assert until(lambda: all(each.state != "Z" for each in children(pid(running))), 3), children(pid(running))
    assert running.stop() == 0
