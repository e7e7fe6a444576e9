"""What happens at the start, and what is said where there can be none."""

import os
import pty
import signal
import socket
import sqlite3
import stat
import subprocess
import urllib.error
import urllib.request

import pytest
from daemon import BINARY
from process import PLAIN


def test_says_where_it_listens_and_answers_there(serve):
    daemon = serve()
    assert daemon.get("/livez") == b'{"status":"ok"}'
    assert daemon.stop(signal.SIGTERM) == 0


def test_listens_at_several_addresses(start, tmp_path):
    path = tmp_path / "lamd.sock"
    daemon = start(
        *("serve", "--state", tmp_path / "state", "--listen", "127.0.0.1:0"),
        *("--listen", "127.0.0.2:0", "--listen", f"unix:{path}"),
    )
    daemon.await_log(f"listening on unix:{path}")
    assert daemon.said.count("listening on http://127.0.0.") == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    curl = ["curl", "-s", "--unix-socket", path, "http://localhost/livez"]
    assert subprocess.run(curl, capture_output=True, check=True).stdout == b'{"status":"ok"}'
    assert daemon.stop(signal.SIGTERM) == 0
    assert not path.exists()


def test_replaces_a_socket_file_that_a_killed_daemon_left(start, tmp_path):
    path = tmp_path / "lamd.sock"
    arguments = ["serve", "--state", tmp_path / "state", "--listen", f"unix:{path}"]
    first = start(*arguments)
    first.await_log("listening on")
    first.stop(signal.SIGKILL)
    assert path.exists()
    start(*arguments).await_log("listening on")


def test_a_taken_port_is_named_with_what_to_do(run, tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        result = run("serve", "--listen", f"127.0.0.1:{port}", "--state", tmp_path / "state")
    assert result.returncode == 1
    assert f"cannot listen at 127.0.0.1:{port}: Address already in use; another program listens there" in result.stderr


def test_a_used_state_folder_is_named(serve, run, tmp_path):
    serve().await_log("listening on")
    result = run("serve", "--listen", "127.0.0.1:0", "--state", tmp_path / "state")
    assert result.returncode == 1
    assert f"another lamd uses the state folder {tmp_path / 'state'}" in result.stderr


def test_a_state_folder_of_a_newer_version_is_left_alone(serve, run, tmp_path):
    daemon = serve()
    daemon.await_log("listening on")
    assert daemon.stop(signal.SIGTERM) == 0
    with sqlite3.connect(tmp_path / "state" / "catalogue.sqlite") as catalogue:
        catalogue.execute("PRAGMA user_version = 99")
    result = run("serve", "--listen", "127.0.0.1:0", "--state", tmp_path / "state")
    assert result.returncode == 78
    assert "schema 99" in result.stderr


@pytest.mark.parametrize("folder", ["/proc/lamd", "/dev/null/lamd"])
def test_a_state_folder_that_cannot_be_is_named_with_the_reason(run, folder):
    result = run("serve", "--listen", "127.0.0.1:0", "--state", folder)
    assert result.returncode == 1
    assert f"making the state folder {folder} failed: No" in result.stderr
    assert "--state" in result.stderr


def test_the_state_folder_is_for_nobody_else(serve, tmp_path):
    serve().await_log("listening on")
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700


@pytest.mark.parametrize("address", ["unix", "tcp"])
def test_the_hints_work_as_they_are(start, tmp_path, address):
    where = f"unix:{tmp_path / 'lamd.sock'}" if address == "unix" else "127.0.0.1:0"
    daemon = start("serve", "--hints", "--state", tmp_path / "state", "--listen", where)
    daemon.await_log("listening on")
    text = b""
    while b"Ctrl-C" not in text:
        text += os.read(daemon.process.stdout.fileno(), 65536)
    commands = [line[2:] for line in text.decode().splitlines() if line.startswith("  ")]
    assert len(commands) == 8
    script = "set -eu\n" + "\n".join(f"{command.replace('curl -s', 'curl -sf')}\necho" for command in commands)
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, cwd=tmp_path, env=PLAIN, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"truncated":false' in done.stdout
    assert '"target_reached":true' in done.stdout
    assert '"policy_version":' in done.stdout
    assert (tmp_path / "cartpole.svg").read_text().startswith("<?xml")


def test_there_are_no_hints_in_a_pipe(serve):
    daemon = serve()
    daemon.await_log("listening on")
    assert daemon.stop(signal.SIGTERM) == 0
    assert daemon.process.stdout.read() == b""


def test_a_terminal_gets_hints(tmp_path):
    leader, follower = pty.openpty()
    command = [BINARY, "serve", "--listen", "127.0.0.1:0", "--state", tmp_path / "state"]
    with subprocess.Popen(command, stdout=follower, stderr=subprocess.DEVNULL, env=PLAIN) as process:
        os.close(follower)
        text = b""
        while b"Ctrl-C stops" not in text:
            text += os.read(leader, 65536)
        process.terminate()
    os.close(leader)
    assert process.returncode == 0


def test_threads_and_limits_count(serve):
    daemon = serve("--threads", 3, "--workers", 5, "--max-sessions", 1)
    body = b'{"env_id":"CartPole-v1"}'
    make = urllib.request.Request(daemon.url + "/v1/envs/", data=body, headers={"Content-Type": "application/json"})
    assert urllib.request.urlopen(make, timeout=10).status == 200
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(make, timeout=10)
    assert caught.value.code == 429
    names = [
        open(f"/proc/{daemon.process.pid}/task/{task}/comm").read().strip()
        for task in os.listdir(f"/proc/{daemon.process.pid}/task")
    ]
    assert names.count("MHD-worker") == 3
