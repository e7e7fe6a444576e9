"""What the log says, and in which form."""

import json
import os
import re
import signal
import socket
import subprocess
import threading
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import pytest
from daemon import BINARY
from process import PLAIN, LongRequest, wait_until

LINE = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (trace|debug|info|notice|warning|error|critical) \S")


def test_every_line_has_a_time_and_a_level(serve):
    daemon = serve("--log-level", "debug")
    daemon.get("/livez")
    assert daemon.stop(signal.SIGTERM) == 0
    for line in daemon.said.splitlines():
        assert LINE.match(line), line


def test_requests_are_logged_at_debug(serve):
    daemon = serve("--log-level", "debug")
    daemon.get("/livez")
    daemon.await_log(r"debug GET /livez bytes=15 operation=livez request=\S+ status=200 us=\d+\n")


def test_requests_are_not_logged_at_info(serve):
    daemon = serve()
    daemon.get("/livez")
    with pytest.raises(urllib.error.HTTPError):
        daemon.get("/nothing")
    assert daemon.stop(signal.SIGTERM) == 0
    assert "livez" not in daemon.said
    assert "nothing" not in daemon.said


def test_the_log_and_the_reply_name_a_request_alike(serve):
    daemon = serve("--log-level", "debug")
    with urllib.request.urlopen(daemon.url + "/livez", timeout=10) as reply:
        daemon.await_log(f"request={reply.headers['X-Request-Id']} ")


def address_of(pid):
    """Where a process listens, when its log does not say; none where it does not yet."""
    mine = {os.readlink(f"/proc/{pid}/fd/{number}") for number in os.listdir(f"/proc/{pid}/fd")}
    for line in open("/proc/net/tcp").read().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and f"socket:[{fields[9]}]" in mine:
            return f"http://127.0.0.1:{int(fields[1].split(':')[1], 16)}"
    return None


def test_our_own_failures_are_warnings(serve):
    daemon = serve("--drain-seconds", 0, "--log-level", "warning")
    wait_until(lambda: address_of(daemon.process.pid) is not None)
    request = LongRequest(address_of(daemon.process.pid))
    assert daemon.stop(signal.SIGTERM) == 0
    assert request.wait() == 503
    assert re.search(r"warning POST /v1/envs/[0-9a-f]{8}/rollout bytes=\d+ operation=\w+ request=\S+ status=503", daemon.said)
    assert "info" not in daemon.said


def test_nobody_can_write_a_line_of_the_log(serve):
    daemon = serve("--log-level", "debug")
    address = urlsplit(daemon.url)
    with socket.create_connection((address.hostname, address.port), 10) as connection:
        connection.sendall(b"GET /a\x1b[31m\x0bb HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        connection.recv(65536)
    daemon.get("/livez")
    daemon.await_log("GET /livez")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", daemon.said)


def test_lines_of_many_threads_stay_whole(serve):
    daemon = serve("--log-level", "debug", "--threads", 4)
    url = daemon.url

    def call(word):
        for number in range(100):
            with pytest.raises(urllib.error.HTTPError):
                urllib.request.urlopen(f"{url}/{word * 100}{number}", timeout=10)

    threads = [threading.Thread(target=call, args=(word,)) for word in ("ab", "cd", "ef", "gh")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert daemon.stop(signal.SIGTERM) == 0
    line = r"^\S+ debug GET /(?:ab|cd|ef|gh){100}\d+ bytes=\d+ request=\S+ status=404 us=\d+$"
    requests = re.findall(line, daemon.said, re.MULTILINE)
    assert len(requests) == 400


def first_line(folder, *arguments, is_journal=True):
    """What a daemon writes first where its log is, or is not, the stream that the journal opened for it."""
    reader, writer = os.pipe()
    status = os.fstat(writer)
    stream = f"{status.st_dev}:{status.st_ino if is_journal else status.st_ino + 1}"
    command = [BINARY, "serve", "--listen", "127.0.0.1:0", "--state", folder / "state", *arguments]
    environment = {**PLAIN, "JOURNAL_STREAM": stream}
    with subprocess.Popen(command, stderr=writer, stdout=subprocess.DEVNULL, env=environment) as process:
        os.close(writer)
        with os.fdopen(reader) as log:
            line = log.readline()
            process.terminate()
            log.read()
    return line


@pytest.mark.parametrize("is_journal", [True, False])
def test_the_journal_gets_priorities_instead_of_times(tmp_path, is_journal):
    line = first_line(tmp_path, is_journal=is_journal)
    assert line.startswith("<6>listening on http://") if is_journal else LINE.match(line)


@pytest.mark.parametrize(
    ("sent", "trace"),
    [
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "0af7651916cd43dd8448eb211c80319c"),
        ("00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", None),
        ("00-00000000000000000000000000000000-b7ad6b7169203331-01", None),
        ("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", None),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x", None),
        ("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", None),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331", None),
        ("00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01", None),
        ("nonsense", None),
        ("", None),
    ],
)
def test_the_trace_of_a_request_is_logged(serve, sent, trace):
    daemon = serve("--log-level", "debug")
    request = urllib.request.Request(daemon.url + "/livez", headers={"traceparent": sent})
    assert urllib.request.urlopen(request, timeout=10).status == 200
    line = daemon.await_log(r"GET /livez .*")[0]
    assert re.findall(r"trace=(\S+)", line) == ([trace] if trace else [])
def test_json_is_an_object_a_line(serve):
    daemon = serve("--log-level", "debug", "--log-format", "json")
    wait_until(lambda: "listening on" in daemon.said)
    url = json.loads(daemon.said.splitlines()[0])["message"].removeprefix("listening on ")
    path = "/v1/environments/" + "%22x%1b" * 100
    request = urllib.request.Request(url + path, headers={"X-Request-Id": "17"})
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(request, timeout=10)
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(url + "/" + "a" * 5000, timeout=10)
    assert daemon.stop(signal.SIGTERM) == 0
    lines = [json.loads(line) for line in daemon.said.splitlines()]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"]) for line in lines)
    found = next(line for line in lines if line.get("request") == "17")
    assert found["message"] == "GET " + path
    assert (found["level"], found["operation"], found["status"]) == ("debug", "getEnvironment", 404)
    assert isinstance(found["bytes"], int)
    assert isinstance(found["us"], int)
    cut = next(line for line in lines if "aaaa" in line["message"])
    assert re.fullmatch("GET /a{1000,4000}", cut["message"])
    assert cut["status"] == 404
    assert "operation" not in cut
    assert max(map(len, daemon.said.splitlines())) < 4096
    assert lines[-1]["message"] == "stopped"


@pytest.mark.parametrize(("style", "start"), [("plain", LINE.pattern), ("json", r"^<6>\{\"time\":\"")])
def test_a_format_is_kept_in_the_journal(tmp_path, style, start):
    line = first_line(tmp_path, "--log-format", style)
    assert re.match(start, line), line


def test_a_format_that_there_is_not_is_refused(run):
    refused = run("serve", "--check", "--log-format", "xml")
    assert refused.returncode == 78
    assert "--log-format must be one of auto, plain, json, not 'xml'" in refused.stderr
