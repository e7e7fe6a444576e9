"""Tokens given out, used, revoked; over HTTP and from the command line."""

import json
import os
import subprocess

import lamd
import pytest
from daemon import BINARY


def run(*arguments, token=None):
    environment = {**os.environ, **({"LAMD_TOKEN": token} if token else {})}
    return subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=60, env=environment)


def refused(call):
    with pytest.raises(lamd.Problem) as caught:
        call()
    return caught.value


def test_the_first_is_an_administrators(new_daemon):
    daemon = new_daemon().start()
    client = daemon.client()
    client.create_env("CartPole-v1")
    for scopes, tenant in [(["read", "drive", "train"], None), (["admin"], "a")]:
        problem = refused(lambda: client.create_token("me", scopes, tenant=tenant))
        assert (problem.status, problem.pointer) == (400, "/scopes")
    made = client.create_token("me", ["admin"])
    assert made["token"].startswith(f"lamd_{made['token_id']}_")
    assert refused(client.list_envs).status == 401
    with_token = lamd.Client(daemon.url, token=made["token"])
    assert len(with_token.list_envs()["envs"]) == 1
    described = with_token.get_token(made["token_id"])
    assert "token" not in described and described["last_used_at"] is not None


def test_survive_a_restart_and_are_not_on_disk(new_daemon):
    daemon = new_daemon().start()
    made = daemon.client().create_token("me", ["admin"])
    daemon.kill()
    secret = made["token"].encode()
    for file in daemon.state.rglob("*"):
        if file.is_file():
            assert secret not in file.read_bytes() and secret[14:] not in file.read_bytes()
    daemon.start()
    assert refused(daemon.client().list_envs).status == 401
    assert lamd.Client(daemon.url, token=made["token"]).list_envs() == {"all_envs": {}, "envs": {}}


def test_revoked_ones_count_no_more(new_daemon):
    daemon = new_daemon().start()
    admin = lamd.Client(daemon.url, token=daemon.client().create_token("me", ["admin"])["token"])
    made = admin.create_token("other", ["read"])
    other = lamd.Client(daemon.url, token=made["token"])
    other.list_envs()
    assert admin.revoke_token(made["token_id"])["revoked_at"] is not None
    # On the same connection, which has known the token.
    assert refused(other.list_envs).status == 401
    first = admin.list_tokens()["items"][0]["token_id"]
    admin.revoke_token(first)
    assert refused(admin.list_envs).status == 401
    daemon.kill()
    daemon.start()
    # There is none that counts, but a daemon that has asked for tokens does not cease to.
    assert refused(daemon.client().list_envs).status == 401
    daemon.stop()
    made = run("token", "create", "again", "--scope", "admin", "--state", str(daemon.state))
    assert made.returncode == 0, made.stderr
    daemon.start()
    lamd.Client(daemon.url, token=made.stdout.strip()).list_envs()


def test_expired_ones_count_no_more(new_daemon):
    daemon = new_daemon().start()
    admin = lamd.Client(daemon.url, token=daemon.client().create_token("me", ["admin"])["token"])
    short = lamd.Client(daemon.url, token=admin.create_token("short", ["read"], ttl_s=0.5)["token"])
    short.list_envs()
    import time

    time.sleep(0.7)
    assert refused(short.list_envs).status == 401


def test_a_tenants_administrator_makes_its_own(new_daemon):
    daemon = new_daemon().start()
    admin = lamd.Client(daemon.url, token=daemon.client().create_token("me", ["admin"])["token"])
    theirs = lamd.Client(daemon.url, token=admin.create_token("theirs", ["admin"], tenant="a")["token"])
    assert theirs.create_token("one", ["drive"])["tenant"] == "a"
    assert refused(lambda: theirs.create_token("one", ["drive"], tenant="default")).status == 403
    mine = admin.create_token("mine", ["read"])["token_id"]
    assert refused(lambda: theirs.get_token(mine)).status == 404
    assert refused(lambda: theirs.revoke_token(mine)).status == 404
    reply = daemon.request("POST", "/v1/shutdown/", "", {"Authorization": f"Bearer {theirs._caller._authorization['Authorization'][7:]}"})
    assert reply.status == 403 and b"run the daemon" in reply.body


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"scopes": ["read"]}, "/name"),
        ({"name": "", "scopes": ["read"]}, "/name"),
        ({"name": "x"}, "/scopes"),
        ({"name": "x", "scopes": []}, "/scopes"),
        ({"name": "x", "scopes": ["read", "write"]}, "/scopes/1"),
        ({"name": "x", "scopes": ["read"], "tenant": "A b"}, "/tenant"),
        ({"name": "x", "scopes": ["read"], "ttl_s": 0}, "/ttl_s"),
        ({"name": "x", "scopes": ["read"], "expires": 1}, "/expires"),
    ],
)
def test_bad_requests(guarded, body, pointer):
    headers = {"Authorization": f"Bearer {guarded.tokens['default', 'admin']}", "Content-Type": "application/json"}
    reply = guarded.daemon.request("POST", "/v1/tokens/", json.dumps(body), headers)
    assert (reply.status, json.loads(reply.body)["pointer"]) == (400, pointer)


@pytest.mark.parametrize("given", ["Basic dXNlcjpwYXNz", "Bearer", "Bearer ", "bearer\tx", "Bearer " + "x" * 5000, "é"])
def test_nonsense_is_no_token(guarded, given):
    reply = guarded.daemon.request("GET", "/v1/envs/", None, {"Authorization": given.encode("latin-1")})
    assert reply.status == 401, reply


def test_two_are_refused(guarded):
    import socket
    from urllib.parse import urlsplit

    parts = urlsplit(guarded.daemon.url)
    token = guarded.tokens["a", "read"]
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        line = f"Authorization: Bearer {token}\r\n"
        connection.sendall(f"GET /v1/envs/ HTTP/1.1\r\nHost: x\r\n{line}{line}\r\n".replace("Host: x", "Host: localhost").encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")


def test_commands(new_daemon):
    daemon = new_daemon().start()
    first = run("token", "create", "operator", "--scope", "admin", "--url", daemon.url)
    assert first.returncode == 0, first.stderr
    secret = first.stdout.strip()
    assert run("token", "list", "--url", daemon.url).returncode == 1
    made = run("token", "create", "laptop", "--scope", "drive", "--scope", "read", "--expires", "30d", "--tenant", "a", "--url", daemon.url, token=secret)
    assert made.returncode == 0, made.stderr
    listed = run("token", "list", "--url", daemon.url, token=secret).stdout
    assert "laptop" in listed and "read drive" in listed and "operator" in listed
    identifier = made.stdout.split("_")[1]
    revoked = run("token", "revoke", identifier, "--url", daemon.url, token=secret)
    assert revoked.stdout == f"revoked {identifier}, laptop\n"
    assert run("envs", "--url", daemon.url, token=made.stdout.strip()).returncode == 1
    locked = run("token", "list", "--state", str(daemon.state))
    assert locked.returncode == 1 and "leave --state out" in locked.stderr
    daemon.stop()
    offline = run("token", "list", "--state", str(daemon.state))
    assert offline.returncode == 0 and "laptop" in offline.stdout


def test_a_public_address_needs_a_token(new_daemon, tmp_path):
    state = tmp_path / "public"
    command = ["serve", "--listen", "0.0.0.0:0", "--state", str(state)]
    refusal = run(*command)
    assert refusal.returncode == 78 and "lamd token create" in refusal.stderr
    assert run("token", "create", "me", "--scope", "admin", "--state", str(state)).returncode == 0
    daemon = new_daemon("public", "--listen", "0.0.0.0:0").start()
    assert refused(daemon.client().list_envs).status == 401


def test_a_retry_tells_no_token(new_daemon):
    daemon = new_daemon().start()
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    first = daemon.request("POST", "/v1/tokens/", '{"name":"me","scopes":["admin"]}', headers)
    assert first.status == 201
    headers["Authorization"] = f"Bearer {json.loads(first.body)['token']}"
    again = daemon.request("POST", "/v1/tokens/", '{"name":"me","scopes":["admin"]}', headers)
    assert (again.status, json.loads(again.body)["type"]) == (409, "urn:lamd:problem:outcome_unknown")
    assert len(lamd.Client(daemon.url, token=json.loads(first.body)["token"]).list_tokens()["items"]) == 1
