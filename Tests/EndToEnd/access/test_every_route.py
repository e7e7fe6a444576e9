"""Every operation of the contract, asked for by everybody: the table of who may have what done."""

import json

import pytest
from operations import SCOPES

OLD = "Instance_id"
#: What only administrators of the tenant "default" may have done.
RUNNERS = ["shutdown", "backup", "restoreBackup"]


def test_every_operation(guarded):
    """Made from the route table itself: /openapi.json has it, and a unit test compares the two."""
    for method, template, name, scope in guarded.operations:
        ask = guarded.ask(name)
        path = guarded.path(template, ask, fresh=False)
        if scope is None:
            assert guarded.send(method, path, ask, None).status == ask.status, name
            continue
        refused = guarded.send(method, path, ask, None)
        assert refused.status == 401, name
        assert refused.headers["WWW-Authenticate"] == 'Bearer realm="lamd"'
        assert json.loads(refused.body)["type"] == "urn:lamd:problem:unauthorized"
        for wrong in [guarded.expired, "lamd_00000000_" + "0" * 43, "nonsense", guarded.tokens["a", scope][:-1] + "_"]:
            refused = guarded.send(method, path, ask, wrong)
            assert refused.status == 401, (name, wrong)
            assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
        for other in SCOPES:
            if other not in (scope, "admin"):
                refused = guarded.send(method, path, ask, guarded.tokens["a", other])
                assert (refused.status, json.loads(refused.body)["type"]) == (403, "urn:lamd:problem:forbidden"), name
                assert f'"{scope}"' in json.loads(refused.body)["detail"]


def test_others_see_nothing(guarded):
    """What is another tenant's is not there."""
    checked = 0
    for method, template, name, scope in guarded.operations:
        ask = guarded.ask(name)
        if scope is None or "{" not in (ask.path or template):
            continue
        path = guarded.path(template, ask, fresh=False)
        body = {"directory": "x", "name": "Box", "action": 0}
        for who in [("b", scope), ("b", "admin"), ("default", "admin")]:
            reply = guarded.send(method, path, ask, guarded.tokens[who])
            if "/tokens/" in path and who[0] == "default":
                continue  # The operator's to see.
            problem = json.loads(reply.body)
            old = problem["detail"].startswith(OLD)
            assert reply.status == (400 if old and reply.status == 400 else 404), (name, who, reply, body)
            assert problem["type"] in ("urn:lamd:problem:not_found", "urn:lamd:problem:unknown_instance"), (name, problem)
        checked += 1
    assert checked > 40


def test_whoever_may_succeeds(guarded):
    for method, template, name, scope in guarded.operations:
        ask = guarded.ask(name)
        if scope is None or name in RUNNERS:
            continue
        fresh = method != "GET"
        for holder in dict.fromkeys([scope, "admin"]):
            path = guarded.path(template, ask, fresh=fresh)
            named = ask
            if name == "createDemonstrations":
                named = ask._replace(body={**ask.body, "name": f"by {holder}"})
            reply = guarded.send(method, path, named, guarded.tokens["a", holder])
            assert reply.status == ask.status, (name, holder, reply)


def test_only_who_runs_the_daemon(guarded):
    """An administrator of another tenant does not run it."""
    for method, template, name, scope in guarded.operations:
        if name not in RUNNERS:
            continue
        refused = guarded.send(method, template, guarded.ask(name), guarded.tokens["a", "admin"])
        assert refused.status == 403 and b"run the daemon" in refused.body, name
        if name != "shutdown":
            ask = guarded.ask(name)
            assert guarded.send(method, template, ask, guarded.tokens["default", "admin"]).status == ask.status, name


def test_lists_have_only_ones_own(guarded):
    mine, theirs = guarded.owner, __import__("lamd").Client(guarded.daemon.url, token=guarded.tokens["b", "admin"])
    guarded.make("instance_id"), guarded.make("job_id"), guarded.make("demonstration_id")
    assert mine.list_envs()["envs"] and not theirs.list_envs()["envs"]
    for one in ["list_agents", "list_jobs", "list_demonstrations"]:
        assert getattr(mine, one)()["items"], one
        assert not getattr(theirs, one)()["items"], one
    assert {token["tenant"] for token in theirs.list_tokens()["items"]} == {"b"}
    assert {token["tenant"] for token in guarded.operator.list_tokens()["items"]} == {"a", "b", "default"}


def test_bodies_name_only_ones_own(guarded):
    """Ids in bodies are looked up as ids in paths are."""
    import lamd

    theirs = lamd.Client(guarded.daemon.url, token=guarded.tokens["b", "admin"])
    agent, shown = guarded.make("agent_id"), guarded.make("demonstration_id")
    instance = theirs.create_env("CartPole-v1")["instance_id"]
    own = theirs.create_agent("CartPole-v1")["agent_id"]
    for refused in [
        lambda: theirs.create_agent("CartPole-v1", init_from=agent),
        lambda: theirs.rollout(instance, steps=1, agent_id=agent),
        lambda: theirs.train(own, demonstrations=[shown]),
        lambda: theirs.train(own, expert=agent),
        lambda: theirs.evaluate(own, expert=agent),
        lambda: theirs.create_demonstrations(env_id="CartPole-v1", expert=agent, num_episodes=1),
    ]:
        with pytest.raises(lamd.Problem) as caught:
            refused()
        assert caught.value.status in (400, 404) and "no" in caught.value.detail
    # The same name is another set.
    names = [client.create_demonstrations([], env_id="CartPole-v1", name="same") for client in (guarded.owner, theirs)]
    assert names[0]["demonstration_id"] != names[1]["demonstration_id"]
