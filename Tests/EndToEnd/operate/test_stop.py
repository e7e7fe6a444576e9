"""Signals: a graceful end, an impatient one, and those that are no end."""

import http.client
import json
import signal
import time
import urllib.request
from urllib.parse import urlsplit

import pytest
from process import LongRequest, wait_until


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_request_in_flight_gets_its_whole_reply(serve, number):
    daemon = serve()
    request = LongRequest(daemon.url)
    assert daemon.stop(number) == 0
    assert request.wait() == 200
    assert sum(json.loads(request.body)["lengths"]) > 900000
    assert [line.split(" ", 2)[2] for line in daemon.said.splitlines()[-2:]] == ["stopping", "stopped"]


def test_nobody_new_is_let_in_meanwhile(serve):
    daemon = serve()
    request = LongRequest(daemon.url)
    daemon.process.send_signal(signal.SIGTERM)
    daemon.await_log("stopping")
    time.sleep(0.1)
    address = urlsplit(daemon.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=0.5)
    with pytest.raises(OSError):
        connection.request("GET", "/livez")
        connection.getresponse()
    assert request.wait() == 200
    assert daemon.process.wait(30) == 0


def test_what_takes_too_long_is_answered_503(serve):
    daemon = serve("--drain-seconds", 0)
    request = LongRequest(daemon.url)
    assert daemon.stop(signal.SIGTERM) == 0
    assert request.wait() == 503
    assert json.loads(request.body)["type"] == "urn:lamd:problem:unavailable"
    assert "requests in flight took too long" in daemon.said


@pytest.mark.parametrize(("first", "second"), [(signal.SIGTERM, signal.SIGTERM), (signal.SIGINT, signal.SIGINT)])
def test_a_second_signal_ends_it_at_once(serve, first, second):
    daemon = serve()
    request = LongRequest(daemon.url)
    daemon.process.send_signal(first)
    daemon.await_log("stopping")
    begin = time.monotonic()
    assert daemon.stop(second) == -second
    assert time.monotonic() - begin < 0.5
    assert isinstance(request.wait(), OSError)


def test_a_hangup_is_no_end(serve):
    daemon = serve()
    daemon.await_log("listening on")
    daemon.process.send_signal(signal.SIGHUP)
    daemon.await_log("info settings read again, none to change")
    assert daemon.get("/livez") == b'{"status":"ok"}'
    request = LongRequest(daemon.url)
    daemon.process.send_signal(signal.SIGTERM)
    daemon.await_log("stopping")
    daemon.process.send_signal(signal.SIGHUP)
    assert request.wait() == 200
    assert daemon.process.wait(30) == 0


def test_a_client_may_ask_it_to_stop(serve):
    daemon = serve()
    request = urllib.request.Request(daemon.url + "/v1/shutdown/", method="POST")
    assert urllib.request.urlopen(request, timeout=10).status == 200
    assert daemon.process.wait(30) == 0
    wait_until(lambda: "stopped" in daemon.said)


def test_idle_connections_do_not_hold_it_up(serve):
    daemon = serve()
    address = urlsplit(daemon.url)
    connections = [http.client.HTTPConnection(address.hostname, address.port, timeout=10) for _ in range(20)]
    for connection in connections:
        connection.request("GET", "/livez")
        assert connection.getresponse().read()
    begin = time.monotonic()
    assert daemon.stop(signal.SIGTERM) == 0
    assert time.monotonic() - begin < 2
