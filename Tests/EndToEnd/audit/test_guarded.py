"""What the audit log has of guarded agents, and that nothing about it keeps one from being turned off."""

import errno

import pytest
from faults import Control, FaultyDaemon

import lamd


def actions(client, agent):
    return client.list_audit(event="action", id=agent, limit=1000)["items"]


def test_what_was_proposed_and_served_is_there(new_daemon):
    client = new_daemon().start().client()
    agent = client.create_agent("Pendulum-v1", seed=1)["agent_id"]
    client.act(agent, [1.0, 0.0, 0.0])
    assert not actions(client, agent)
    client.put_guard(agent, bounds={"low": -0.001, "high": 0.001}, mode="enforce")
    answer = client.act(agent, [1.0, 0.0, 0.0])
    batch = client.act(agent, observations=[[1.0, 0.0, 0.0]] * 65)
    one, many = actions(client, agent)
    assert one["actions"] == pytest.approx(answer["action"]) and abs(one["proposed"][0]) > 0.001
    assert one["guard"] == [answer["guard"]] and answer["guard"] == {"outcome": "changed", "rules": ["bounds"]}
    assert (one["policy_version"], one["rows"], one["caller"]) == (0, 1, "anyone")
    assert many["rows"] == 65 == len(batch["actions"]) and many["guard"]["changed"] == 65
    assert len(many["actions_sha256"]) == len(many["proposed_sha256"]) == 64
    client.put_guard(agent, bounds={"low": -2, "high": 2})
    client.act(agent, [1.0, 0.0, 0.0])
    latest = actions(client, agent)[-1]
    assert latest["guard"] == "allowed" and "proposed" not in latest
    client.put_guard(agent, bounds={"low": -2, "high": 2}, audit=False)
    client.act(agent, [1.0, 0.0, 0.0])
    assert len(actions(client, agent)) == 3


@pytest.mark.parametrize("error, status", [(errno.ENOSPC, 507), (errno.EIO, 503)])
def test_an_agent_is_turned_off_whatever_the_disk_does(tmp_path, error, status):
    """Neither a record that cannot be written nor a reply that cannot be kept is in the way."""
    control = Control(tmp_path)
    running = FaultyDaemon(tmp_path / "lamd", control).start()
    try:
        client = running.client(retries=0)
        agent = client.create_agent("FrozenLake-v1", seed=1)["agent_id"]
        client.put_guard(agent, deny=[0], audit=False)
        assert client.act(agent, observation=0)["action"] != 0
        control.set(True, 1, forever=True, error=error)
        headers = {"Content-Type": "application/json", "Idempotency-Key": "off"}
        reply = running.request("POST", f"/v1/agents/{agent}/kill", '{"reason": "smoke"}', headers)
        assert reply.status == status, reply
        with pytest.raises(lamd.Problem) as caught:
            client.act(agent, observation=0)
        assert caught.value.status == 409 and "smoke" in caught.value.detail
        control.stop()
        # Said again, it is kept and recorded.
        assert client.kill_agent(agent)["killed"]["reason"] == "smoke"
        assert [item["operation"] for item in client.list_audit(id=agent, event="outcome")["items"]][-1] == "killAgent"
        assert running.stop() == 0
        with pytest.raises(lamd.Problem):
            running.start().client().act(agent, observation=0)
    finally:
        control.stop()
        if running.is_running:
            running.kill()
