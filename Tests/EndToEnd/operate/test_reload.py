"""SIGHUP: the configuration file is read again, whole or not at all."""

import http.client
import json
import re
import signal
import socket
import time
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import pytest
from process import LongRequest, wait_until


@pytest.fixture
def file(tmp_path):
    """A configuration file."""
    path = tmp_path / "lamd.yaml"
    path.write_text("log_level: info\n")
    return path


def reload(daemon, file, text):
    """Has the daemon read this, and returns what it logged."""
    daemon.await_log("listening on")
    file.write_text(text)
    before = len(daemon.said)
    daemon.process.send_signal(signal.SIGHUP)
    wait_until(lambda: re.search(r"settings (read again|stay as they were).*\n", daemon.said[before:]))
    return daemon.said[before:]


def post(daemon, path, body):
    """The status of a POST."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(daemon.url + path, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return reply.status
    except urllib.error.HTTPError as refusal:
        return refusal.code


def make(daemon):
    return post(daemon, "/v1/envs/", {"env_id": "CartPole-v1"})


def test_limits_change_at_once(serve, file):
    daemon = serve("--config", file)
    assert make(daemon) == 200
    said = reload(daemon, file, "max_sessions: 1\nbody_limit: 64\n")
    assert "info settings read again changed=body_limit,max_sessions" in said
    assert make(daemon) == 429
    assert post(daemon, "/v1/envs/", b" " * 65) == 413
    assert "changed=body_limit,max_sessions" in reload(daemon, file, "")
    assert make(daemon) == 200
    assert post(daemon, "/v1/envs/", b" " * 65) == 400


def test_requests_are_logged_from_then_on(serve, file):
    daemon = serve("--config", file)
    connection = http.client.HTTPConnection(daemon.url.removeprefix("http://"), timeout=10)
    # What is told of a request is told when its reply was sent, and before the connection's next one is answered.
    for path in ("/livez", "/openapi.json"):
        connection.request("GET", path)
        connection.getresponse().read()
    connection.close()
    assert "changed=log_level" in reload(daemon, file, "log_level: debug\n")
    with urllib.request.urlopen(daemon.url + "/readyz", timeout=10) as reply:
        assert reply.headers["X-Request-Id"]
    daemon.await_log("debug GET /readyz")
    assert "/livez" not in daemon.said
    reload(daemon, file, "log_level: info\n")
    with urllib.request.urlopen(daemon.url + "/livez", timeout=10) as reply:
        assert "X-Request-Id" not in reply.headers


def test_other_names_and_pages_are_admitted(serve, file):
    file.write_text("allowed_hosts: [old.example]\ncors_origin: [https://old.example]\n")
    daemon = serve("--config", file)
    connection = http.client.HTTPConnection(daemon.url.removeprefix("http://"), timeout=10)

    def ask(name):
        found = []
        for headers in ({"Host": name}, {"Origin": f"https://{name}"}):
            connection.request("GET", "/livez", headers=headers)
            reply = connection.getresponse()
            reply.read()
            found.append(reply.status)
        return found

    assert (ask("old.example"), ask("new.example")) == ([200, 200], [421, 403])
    said = reload(daemon, file, "allowed_hosts: [new.example]\ncors_origin: [https://new.example]\n")
    assert "changed=allowed_hosts,cors_origin" in said
    assert (ask("old.example"), ask("new.example")) == ([421, 403], [200, 200])
    connection.close()


def test_more_connections_are_let_in(serve, file):
    file.write_text("max_connections: 8\n")
    daemon = serve("--config", file)
    connections = [idle(daemon) for _ in range(8)]
    with pytest.raises(OSError):
        daemon.get("/livez", timeout=1)
    reload(daemon, file, "max_connections: 64\n")
    assert daemon.get("/livez") == b'{"status":"ok"}'
    for one in connections:
        one.close()


def idle(daemon):
    """A connection that says nothing."""
    address = urlsplit(daemon.url)
    return socket.create_connection((address.hostname, address.port), 10)


def test_the_drain_changes(serve, file):
    daemon = serve("--config", file)
    reload(daemon, file, "drain_seconds: 0\n")
    request = LongRequest(daemon.url)
    assert daemon.stop(signal.SIGTERM) == 0
    assert request.wait() == 503


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("max_sessions: 1\nlog_level: loud\n", "lamd.yaml:2: log_level must be one of trace"),
        ("max_sessions: 1\nno_such: 1\n", "lamd.yaml:2: there is no setting 'no_such'"),
        ("max_sessions: [\n", "did not find expected"),
        ("max_sessions: 0\n", "max_sessions must be a whole number"),
    ],
)
def test_what_is_wrong_changes_nothing(serve, file, service_manager, text, reason):
    daemon = serve("--config", file, environment={"NOTIFY_SOCKET": service_manager.path})
    service_manager.await_message("READY=1")
    said = reload(daemon, file, text)
    assert "error the settings stay as they were: " in said
    assert reason in said
    assert (make(daemon), make(daemon)) == (200, 200)
    service_manager.await_message("RELOADING=1")
    ready = service_manager.await_message("READY=1")
    assert re.fullmatch(r"READY=1\nSTATUS=serving at \S+; the settings stay as they were: .*", ready)
    reload(daemon, file, "")
    assert "; the settings" not in service_manager.await_message("READY=1")


def test_a_file_that_is_gone_changes_nothing(serve, file):
    daemon = serve("--config", file)
    daemon.get("/livez")
    file.unlink()
    daemon.process.send_signal(signal.SIGHUP)
    daemon.await_log("error the settings stay as they were: .* cannot be read: No such file or directory")
    assert daemon.get("/livez") == b'{"status":"ok"}'


def test_what_cannot_change_is_named_until_it_is_put_back(serve, file):
    daemon = serve("--config", file)
    daemon.get("/livez")
    for _ in range(2):
        said = reload(daemon, file, "threads: 3\nworkers: 7\nmax_sessions: 5\n")
        daemon.await_log("warning these settings change only at a restart: threads, workers\n")
    assert "none to change" in said
    reload(daemon, file, "max_sessions: 5\n")
    reload(daemon, file, "max_sessions: 6\n")
    assert daemon.said.count("change only at a restart") == 2


def test_a_flag_still_goes_before_the_file(serve, file):
    daemon = serve("--config", file, "--max-sessions", 1)
    assert make(daemon) == 200
    assert "none to change" in reload(daemon, file, "max_sessions: 5\n")
    assert make(daemon) == 429


def test_the_service_manager_hears_of_it(serve, file, service_manager):
    daemon = serve("--config", file, environment={"NOTIFY_SOCKET": service_manager.path})
    service_manager.await_message("READY=1")
    begin = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    daemon.process.send_signal(signal.SIGHUP)
    reloading = re.fullmatch(
        r"RELOADING=1\nMONOTONIC_USEC=(\d+)\nSTATUS=reading the settings", service_manager.hear(30) or ""
    )
    assert reloading
    assert begin <= int(reloading[1]) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    assert re.fullmatch(r"READY=1\nSTATUS=serving at \S+", service_manager.hear(30) or "")
