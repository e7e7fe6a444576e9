"""What a service manager is told and hands over."""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import time

import pytest
from daemon import BINARY
from process import PLAIN

import lamd


def environment(manager, **more):
    return {"NOTIFY_SOCKET": manager.path, **more}


def test_tells_when_it_is_ready_and_when_it_stops(serve, service_manager):
    daemon = serve(environment=environment(service_manager))
    assert "STATUS=serving at http://127.0.0.1:" in service_manager.await_message("READY=1")
    assert daemon.get("/livez") == b'{"status":"ok"}'
    daemon.process.send_signal(signal.SIGTERM)
    assert service_manager.hear(30) == "STOPPING=1\nSTATUS=finishing what is in flight"
    assert daemon.process.wait(30) == 0
    assert service_manager.hear(0.1) is None


def test_is_not_ready_where_it_cannot_start(start, service_manager):
    failed = start("serve", "--state", "/dev/null/lamd", environment=environment(service_manager))
    assert failed.process.wait(30) == 1
    assert service_manager.hear(0.1) == "STATUS=opening /dev/null/lamd"
    assert service_manager.hear(0.1) is None


def test_an_abstract_socket_is_heard_too(serve, tmp_path):
    name = f"lamd-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + name)
        manager.settimeout(30)
        serve(environment={"NOTIFY_SOCKET": "@" + name})
        assert b"STATUS=opening" in manager.recv(65536)
        assert b"READY=1" in manager.recv(65536)


def test_says_that_all_is_well_twice_as_often_as_it_must(serve, service_manager):
    serve(environment=environment(service_manager, WATCHDOG_USEC="1000000"))
    service_manager.await_message("READY=1")
    begin = time.monotonic()
    for _ in range(3):
        assert service_manager.hear(30) == "WATCHDOG=1"
    assert 1.2 < time.monotonic() - begin < 2.5


def test_another_process_watchdog_is_none_of_its_business(serve, service_manager):
    serve(environment=environment(service_manager, WATCHDOG_USEC="200000", WATCHDOG_PID="1"))
    service_manager.await_message("READY=1")
    assert service_manager.hear(1) is None


class Stopped:
    """One thread of another process, stopped while this is entered (ptrace(2))."""

    SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17

    def __init__(self, thread):
        self.thread = thread
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]

    def call(self, request):
        if self.libc.ptrace(request, self.thread, None, None) != 0:
            pytest.skip(f"ptrace is not allowed here: {os.strerror(ctypes.get_errno())}")

    def __enter__(self):
        self.call(self.SEIZE)
        self.call(self.INTERRUPT)
        os.waitpid(self.thread, 0x40000000)  # __WALL

    def __exit__(self, *_):
        self.call(self.DETACH)


@pytest.mark.parametrize("position", range(4))
def test_all_is_not_well_when_one_network_thread_hangs(serve, service_manager, position):
    daemon = serve("--threads", 4, environment=environment(service_manager, WATCHDOG_USEC="400000"))
    service_manager.await_message("WATCHDOG=1")
    tasks = f"/proc/{daemon.process.pid}/task"
    threads = [int(task) for task in os.listdir(tasks) if open(f"{tasks}/{task}/comm").read() == "MHD-worker\n"]
    assert len(threads) == 4
    with Stopped(sorted(threads)[position]):
        daemon.await_log("a network thread does not answer")
        service_manager.forget()
        assert service_manager.hear(1.5) is None
    service_manager.await_message("WATCHDOG=1")


def hand_over(start, tmp_path, *sockets, arguments=(), environment=None):
    """Starts it as systemd does with a socket unit: descriptors from 3 on, and their number."""
    renumber = " ".join(f"{3 + position}<&{one.fileno()}" for position, one in enumerate(sockets))
    script = f'exec {renumber}; export LISTEN_PID=$$ LISTEN_FDS={len(sockets)}; exec "$@"'
    return start(
        *("serve", "--state", tmp_path / "state", *arguments),
        pass_fds=[one.fileno() for one in sockets],
        prefix=["bash", "-c", script, "bash"],
        environment=environment,
    )


def listening(family=socket.AF_INET, address=("127.0.0.1", 0)):
    one = socket.socket(family)
    one.bind(address)
    one.listen()
    return one


def test_serves_at_the_sockets_handed_over_and_nowhere_else(start, tmp_path):
    path = tmp_path / "lamd.sock"
    tcp, unix = listening(), listening(socket.AF_UNIX, str(path))
    with tcp, unix:
        daemon = hand_over(start, tmp_path, tcp, unix)
        port = tcp.getsockname()[1]
        daemon.await_log(f"listening on http://127.0.0.1:{port}\n")
        daemon.await_log(f"listening on unix:{path}")
        assert daemon.said.count("listening on") == 2
        assert daemon.get("/livez") == b'{"status":"ok"}'
        curl = ["curl", "-s", "--unix-socket", path, "http://localhost/livez"]
        assert subprocess.run(curl, capture_output=True, check=True).stdout == b'{"status":"ok"}'
        assert daemon.stop(signal.SIGTERM) == 0
        assert path.exists()


def test_begins_anew_at_the_sockets_handed_over(start, tmp_path, service_manager):
    with listening() as tcp:
        url = f"http://127.0.0.1:{tcp.getsockname()[1]}"
        daemon = hand_over(start, tmp_path, tcp, environment=environment(service_manager))
        service_manager.await_message("READY=1")
        client = lamd.Client(url)
        agent = client.create_agent("FrozenLake-v1")["agent_id"]
        client.backup(tmp_path / "x.backup")
        client.delete_agent(agent)
        service_manager.forget()
        client.restore_backup(tmp_path / "x.backup")
        service_manager.await_message("RELOADING=1")
        service_manager.await_message("READY=1")
        assert client.get_agent(agent)["agent_id"] == agent
        assert daemon.said.count(f"listening on {url}\n") == 2
        assert daemon.stop(signal.SIGTERM) == 0


def test_listens_elsewhere_too_when_told(start, tmp_path):
    with listening() as tcp:
        daemon = hand_over(start, tmp_path, tcp, arguments=["--listen", "127.0.0.2:0"])
        daemon.await_log(r"listening on http://127\.0\.0\.1:")
        daemon.await_log(r"listening on http://127\.0\.0\.2:")


def test_an_open_socket_needs_insecure_too(start, tmp_path):
    with listening(address=("0.0.0.0", 0)) as tcp:
        refused = hand_over(start, tmp_path, tcp)
        assert refused.process.wait(30) == 78
        assert "can be reached by others" in refused.said


def test_a_descriptor_that_does_not_listen_is_refused(start, tmp_path):
    with socket.socket() as idle:
        idle.bind(("127.0.0.1", 0))
        refused = hand_over(start, tmp_path, idle)
        assert refused.process.wait(30) == 1
        assert "descriptor 3 is no listening socket" in refused.said


def test_sockets_for_another_process_are_left_alone(run):
    shown = run("serve", "--print-config", LISTEN_PID="1", LISTEN_FDS="1")
    assert "listen: 127.0.0.1:8808" in shown.stdout


@pytest.mark.skipif(not shutil.which("systemd-socket-activate"), reason="there is no systemd-socket-activate")
def test_the_first_call_starts_it(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["systemd-socket-activate", "-l", f"127.0.0.1:{port}", BINARY, "serve", "--state", tmp_path / "state"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=PLAIN, text=True) as activator:
        assert "Listening on" in activator.stderr.readline()
        curl = ["curl", "-s", "--max-time", "30", f"http://127.0.0.1:{port}/livez"]
        assert subprocess.run(curl, capture_output=True, check=True).stdout == b'{"status":"ok"}'
        activator.send_signal(signal.SIGTERM)
        assert f"listening on http://127.0.0.1:{port}\n" in activator.stderr.read()
    assert activator.returncode == 0
