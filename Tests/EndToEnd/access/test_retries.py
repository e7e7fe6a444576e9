"""Idempotency-Key: a retry has no second effect."""

import json
import threading

import pytest


def send(daemon, method, path, body, key, **headers):
    headers = {"Content-Type": "application/json", **({"Idempotency-Key": key} if key else {}), **headers}
    return daemon.request(method, path, None if body is None else json.dumps(body), headers)


AGENT = {"env_id": "CartPole-v1", "hyperparameters": {"hidden_sizes": [8]}}


def test_a_reply_is_repeated(new_daemon):
    daemon = new_daemon().start()
    first = send(daemon, "POST", "/v1/agents/", AGENT, "one")
    again = send(daemon, "POST", "/v1/agents/", AGENT, "one")
    assert (first.status, again.status) == (201, 201) and first.body == again.body
    assert first.headers["Location"] == again.headers["Location"]
    assert first.headers["Idempotency-Replayed"] is None and again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Content-Type"] == "application/json"
    assert len(daemon.client().list_agents()["items"]) == 1
    # With the quotes that the draft has.
    assert send(daemon, "POST", "/v1/agents/", AGENT, '"one"').body == first.body
    # Also after the end of the daemon, however it came.
    daemon.kill()
    daemon.start()
    assert send(daemon, "POST", "/v1/agents/", AGENT, "one").body == first.body
    assert len(daemon.client().list_agents()["items"]) == 1
    deleted = json.loads(first.body)["agent_id"]
    for _ in range(2):
        assert send(daemon, "DELETE", f"/v1/agents/{deleted}", None, "two").status == 200
    assert send(daemon, "DELETE", f"/v1/agents/{deleted}", None, "three").status == 404


def test_steps_are_taken_once(daemon, client):
    instance = client.create_env("CartPole-v1", seed=1)["instance_id"]
    path = f"/v1/envs/{instance}/"
    reset = send(daemon, "POST", path + "reset/", {}, f"{instance} r")
    assert send(daemon, "POST", path + "reset/", {}, f"{instance} r").body == reset.body
    replies = [send(daemon, "POST", path + "step/", {"action": 1}, f"{instance} 0") for _ in range(3)]
    assert len({reply.body for reply in replies}) == 1 and client.get_env(instance)["step"] == 1
    assert send(daemon, "POST", path + "step/", {"action": 1}, f"{instance} 1").body != replies[0].body
    assert client.get_env(instance)["step"] == 2


def test_keys_belong_to_one_request(daemon, client):
    instance = client.create_env("CartPole-v1")["instance_id"]
    client.reset(instance)
    path = f"/v1/envs/{instance}/step/"
    key = f"{instance} k"
    assert send(daemon, "POST", path, {"action": 1}, key).status == 200
    others = [
        send(daemon, "POST", path, {"action": 0}, key),
        send(daemon, "POST", path + "?x=1", {"action": 1}, key),
        send(daemon, "POST", f"/v1/envs/{instance}/reset/", {"action": 1}, key),
        send(daemon, "POST", "/v1/agents/", AGENT, key),
    ]
    assert [reply.status for reply in others] == [422] * 4
    assert json.loads(others[0].body)["type"] == "urn:lamd:problem:key_taken"
    assert client.get_env(instance)["step"] == 1


def test_refusals_are_not_kept(daemon, client):
    instance = client.create_env("CartPole-v1")["instance_id"]
    path, key = f"/v1/envs/{instance}/step/", f"{instance} k"
    assert send(daemon, "POST", path, {"action": 1}, key).status == 409
    client.reset(instance)
    assert send(daemon, "POST", path, {"action": 1}, key).status == 200


@pytest.mark.parametrize("key", [" ", "x" * 256, "ü".encode().decode("latin-1"), '""'])
def test_bad_keys(daemon, key):
    reply = send(daemon, "POST", "/v1/envs/", {"env_id": "CartPole-v1"}, key)
    assert reply.status == 400 and b"Idempotency-Key" in reply.body, reply


def test_get_takes_no_notice(daemon):
    for path in ["/v1/envs/", "/v1/agents/"]:
        reply = daemon.request("GET", path, None, {"Idempotency-Key": "get"})
        assert reply.status == 200 and reply.headers["Idempotency-Replayed"] is None


def test_the_first_may_still_run(daemon, client):
    agent = client.create_agent("CartPole-v1")["agent_id"]
    path = f"/v1/agents/{agent}/train/?wait=true"
    body = {"steps": 10_000_000, "target_return": 1e9}
    replies = []
    first = threading.Thread(target=lambda: replies.append(send(daemon, "POST", path, body, agent)))
    first.start()
    while not any(job["agent_id"] == agent for job in client.list_jobs()["items"]):
        pass
    second = send(daemon, "POST", path, body, agent)
    assert (second.status, json.loads(second.body)["type"]) == (409, "urn:lamd:problem:still_running")
    assert second.headers["Retry-After"] == "1"
    client.cancel_job(client.get_agent(agent)["job_id"])
    first.join()
    assert replies[0].status == 200
    assert send(daemon, "POST", path, body, agent).body == replies[0].body


def test_what_was_interrupted_is_not_done_again(new_daemon):
    daemon = new_daemon().start()
    client = daemon.client()
    agent = client.create_agent("CartPole-v1")["agent_id"]
    path = f"/v1/agents/{agent}/train/?wait=true"
    body = {"steps": 10_000_000, "target_return": 1e9}

    def train():
        try:
            send(daemon, "POST", path, body, "k")
        except (OSError, __import__("http").client.HTTPException):
            pass

    first = threading.Thread(target=train)
    first.start()
    while not client.list_jobs()["items"]:
        pass
    daemon.kill()
    first.join()
    daemon.start()
    reply = send(daemon, "POST", path, body, "k")
    assert (reply.status, json.loads(reply.body)["type"]) == (409, "urn:lamd:problem:outcome_unknown")
    assert len(daemon.client().list_jobs()["items"]) == 1


def test_many_at_once_take_effect_once(daemon, client):
    instance = client.create_env("CartPole-v1")["instance_id"]
    client.reset(instance)
    path = f"/v1/envs/{instance}/step/"
    before = len(client.list_agents()["items"])
    statuses = []

    def ask(body, path, key):
        statuses.append(send(daemon, "POST", path, body, key).status)

    for number in range(5):
        asks = [(AGENT, "/v1/agents/", f"{instance} a{number}"), ({"action": number % 2}, path, f"{instance} s{number}")]
        threads = [threading.Thread(target=ask, args=one) for one in asks for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert set(statuses) <= {200, 201, 409}
    assert client.get_env(instance)["step"] == 5
    assert len(client.list_agents()["items"]) == before + 5
