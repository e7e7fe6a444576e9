"""Clients that leave in the middle, 5,000 of each kind. Takes 4 minutes."""

import socket
import time

import pytest
from crowd import address, descriptors, half_closed, raise_limit, reset, wait_until

COUNT = 5000
HEAD = b"GET /livez HTTP/1.1\r\nHost: local"
WHOLE = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
BODY = b"POST /v1/envs/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"
#: After this time the daemon gives up whoever does nothing at all; 10 s where a head is awaited.
IDLE = 30


@pytest.fixture
def daemon(serve):
    raise_limit()
    return serve("--max-connections", "8000")


def silent(connection, number):
    """Stays, or leaves."""
    return connection if number % 2 else connection.close()


def finishes_sending(connection, number):
    """Says that it sends no more, and stays or leaves."""
    connection.shutdown(socket.SHUT_WR)
    return silent(connection, number)


def resets(connection, number):
    """Is gone, without a word."""
    return reset(connection)


@pytest.mark.parametrize(
    ("sent", "leave", "timeout"),
    [
        ([HEAD], silent, 10),
        ([BODY], silent, IDLE),
        ([WHOLE, HEAD, BODY], finishes_sending, IDLE),
        ([WHOLE, HEAD, BODY], resets, IDLE),
    ],
    ids=["partial heads", "partial bodies", "half closed", "reset"],
)
def test_no_descriptor_is_left(daemon, measured, sent, leave, timeout):
    before = descriptors(daemon)
    staying = []
    for number in range(COUNT):
        connection = socket.create_connection(address(daemon), 30)
        connection.sendall(sent[number % len(sent)])
        staying.append(leave(connection, number))
    most = descriptors(daemon)
    took = wait_until(lambda: descriptors(daemon) <= before and half_closed(daemon) == 0, timeout + 5)
    measured(f"{most} descriptors at most, back at {before} after {took:.1f} s")
    for connection in staying:
        if connection:
            connection.close()
    assert daemon.request("GET", "/livez").status == 200


def test_no_descriptor_is_left_by_streams(daemon, measured):
    client = daemon.client()
    agent = client.create_agent("CartPole-v1", hyperparameters={"hidden_sizes": [16]})["agent_id"]
    job = client.train(agent, seconds=600)["job_id"]
    client.close()
    request = f"GET /v1/jobs/{job}/events HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    time.sleep(2)
    before = descriptors(daemon)
    opened, refused = 0, 0
    while opened < COUNT:
        connection = socket.create_connection(address(daemon), 30)
        connection.sendall(request)
        if connection.recv(12).endswith(b"200"):
            opened += 1
            reset(connection) if opened % 2 else connection.close()
        else:
            # 256 streams are open: room comes as the daemon notices who has left.
            refused += 1
            connection.close()
            time.sleep(0.1)
    took = wait_until(lambda: descriptors(daemon) <= before and half_closed(daemon) == 0, IDLE + 5)
    measured(f"{opened} streams, {refused} times refused for want of room; back at {before} after {took:.1f} s")
    assert daemon.request("DELETE", f"/v1/jobs/{job}").status == 200
