import io
import json
import socket
import socketserver
import threading

import numpy as np
import pytest
from fake import Answer, Server, as_json, as_tensors, problem

import lamd
from lamd import progress, safetensors


def test_the_address_comes_from_the_argument_the_environment_or_the_default(monkeypatch):
    monkeypatch.delenv("LAMD_URL", raising=False)
    assert lamd.Client().url == "http://127.0.0.1:8808"
    monkeypatch.setenv("LAMD_URL", "http://127.0.0.1:1")
    assert lamd.Client().url == "http://127.0.0.1:1"
    assert lamd.Client("http://127.0.0.1:2").url == "http://127.0.0.1:2"
    with pytest.raises(ValueError, match="must begin with"):
        lamd.Client("ftp://127.0.0.1")


def test_a_problem_says_where_the_fault_is(server):
    server.answer = lambda request: problem(400, "not_a_member", "7 is not in Discrete(2)", "/action")
    with pytest.raises(lamd.Problem) as caught:
        lamd.Client(server.url).step("0a1b2c3d", 7)
    error = caught.value
    assert (error.status, error.code, error.pointer) == (400, "not_a_member", "/action")
    assert str(error) == "400 not_a_member: 7 is not in Discrete(2) (at '/action')"
    assert error.body["message"] == "7 is not in Discrete(2)"


def test_an_error_that_is_no_problem_is_one_all_the_same(server):
    server.answer = lambda request: Answer(502, "text/html", b"<h1>Bad gateway</h1>")
    with pytest.raises(lamd.Problem, match="502 : <h1>Bad gateway</h1>"):
        lamd.Client(server.url).livez()


def test_requests_share_a_connection_and_threads_have_their_own(server):
    client = lamd.Client(server.url)
    for _ in range(5):
        client.livez()
    assert server.connections == 1
    thread = threading.Thread(target=client.livez)
    thread.start()
    thread.join()
    assert server.connections == 2
    client.close()
    client.livez()
    assert server.connections == 3


def test_nobody_there():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectionError, match="no daemon at .* `lamd serve` starts one"):
            lamd.Client(f"http://127.0.0.1:{sock.getsockname()[1]}", retries=0).livez()


def cut_off(server, times):
    """Lets the server cut the connection instead of its first answers."""
    left = [None] * times
    answer = server.answer
    server.answer = lambda request: left.pop() if left else answer(request)


@pytest.mark.parametrize("call", [
    lambda client: client.livez(),
    lambda client: client.delete_env("0a1b2c3d"),
    lambda client: client.step("0a1b2c3d", 1, step=0),
    lambda client: client.step("0a1b2c3d", np.array([1]), step=0, tensors=True),
    lambda client: client.act("00000001", 1),
    lambda client: client.reset("0a1b2c3d"),
    lambda client: client.train("00000001"),
    lambda client: client.put_policy("00000001", b""),
])  # fmt: skip
def test_what_is_safe_is_sent_again(server, call):
    cut_off(server, 2)
    call(lamd.Client(server.url))
    assert len(server.requests) == 3
    assert len({request.body for request in server.requests}) == 1
    assert len({request.headers.get("Idempotency-Key") for request in server.requests}) == 1


def test_each_request_that_changes_something_has_a_key_of_its_own(server):
    client = lamd.Client(server.url)
    for _ in range(3):
        client.train("00000001")
    client.livez()
    keys = [request.headers.get("Idempotency-Key") for request in server.requests]
    assert len(set(keys)) == 4 and keys[3] is None


def test_what_is_not_safe_is_sent_once(server):
    cut_off(server, 1)
    with pytest.raises(ConnectionError, match="no answer from"):
        lamd.Client(server.url).step("0a1b2c3d", 1)
    assert len(server.requests) == 1


def test_retries_end(server):
    cut_off(server, 9)
    with pytest.raises(ConnectionError):
        lamd.Client(server.url, retries=1).livez()
    assert len(server.requests) == 2


def test_a_connection_that_the_daemon_closed_is_noticed_before_it_is_used(server):
    client = lamd.Client(server.url)
    client.step("0a1b2c3d", 1)
    connection = client._caller.transport._local.connection
    connection.sock.shutdown(socket.SHUT_RD)
    client.step("0a1b2c3d", 1)
    assert client._caller.transport._local.connection is not connection
    assert len(server.requests) == 2


def test_a_unix_socket(tmp_path):
    path = str(tmp_path / "lamd.sock")

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            while self.rfile.readline().strip():
                pass
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")

    with socketserver.UnixStreamServer(path, Handler) as unix:
        thread = threading.Thread(target=unix.handle_request)
        thread.start()
        assert lamd.Client(f"unix:{path}").livez() == {}
        thread.join()


def test_a_prefix_of_the_address_is_kept(server):
    lamd.Client(server.url + "/behind/a/proxy/").livez()
    assert server.requests[0].path == "/behind/a/proxy/livez"


def test_infinities_and_numpy_values_become_json(server):
    lamd.Client(server.url).step("0a1b2c3d", {"a": np.float64(-np.inf), "b": (np.int64(3), np.array([1, 2]))})
    assert json.loads(server.requests[0].body) == {"action": {"a": "-Infinity", "b": [3, [1, 2]]}}


def test_tensors_go_both_ways(server):
    def double(request):
        return as_tensors({"actions": safetensors.load(request.body)["observations"] * 2})

    server.answer = double
    client = lamd.Client(server.url)
    reply = client.act("00000001", observations=np.ones((2, 3)), include=["values"], deterministic=False, tensors=True)
    np.testing.assert_array_equal(reply["actions"], np.full((2, 3), 2.0))
    assert server.requests[0].query == {"deterministic": "false", "include": "values"}


EPISODE = {"observations": np.float32([[0], [1]]), "actions": [1], "rewards": [0.5], "terminations": [True]}


def test_demonstrations_go_in_three_forms(server):
    client = lamd.Client(server.url)
    about = {"name": "two words", "env_id": "CartPole-v1", "metadata": {"by": "Ada"}, "kwargs": {"sutton": True}}
    client.create_demonstrations([EPISODE], **about)
    client.create_demonstrations(iter([EPISODE, EPISODE]), **about)
    client.create_demonstrations({"rewards": np.ones(3), "episode_lengths": np.array([3])}, **about)
    listed, lines, tensors = server.requests
    plain = {"observations": [[0], [1]], "actions": [1], "rewards": [0.5], "terminations": [True]}
    assert json.loads(listed.body) == {**about, "episodes": [plain]} and not listed.query
    said = {**about, "metadata": '{"by":"Ada"}', "kwargs": '{"sutton":true}'}
    assert [json.loads(line) for line in lines.body.splitlines()] == [plain, plain] and lines.query == said
    assert lines.headers["Content-Type"] == "application/x-ndjson"
    assert safetensors.metadata(tensors.body) == said and not tensors.query
    assert safetensors.load(tensors.body)["episode_lengths"] == [3]


def test_an_expert_demonstrates(server):
    lamd.Client(server.url).create_demonstrations(env_id="CartPole-v1", expert="cartpole", num_episodes=3, seed=1)
    body = {"env_id": "CartPole-v1", "expert": "cartpole", "num_episodes": 3, "seed": 1}
    assert json.loads(server.requests[0].body) == body


def event(number, name, data):
    return f"id: {number}\nevent: {name}\ndata: {json.dumps(data)}\n\n"


def progress_data(share, **metrics):
    counts = {"steps": int(share * 1000), "episodes": 3, "updates": 5, "seconds": 1.0}
    return {"progress": share, "phase": "reinforce", "eta_s": 2.0, "metrics": {**counts, **metrics}}


REACHED = {"target_return": 475.0, "target_reached": True}
RESULT = {"steps": 1000, "seconds": 1.5, **REACHED, "evaluation": {"mean_return": 500.0}}
DONE = {"job_id": "00000002", "state": "succeeded", "result": RESULT}


class Job(Server):
    """A job whose stream breaks once in the middle."""

    def answer(self, request):
        if request.method == "POST":
            return as_json({"job_id": "00000002"}, 202)
        if "Last-Event-ID" not in request.headers:
            text = ": hello\n\n" + event(1, "progress", progress_data(0.05)) + event(2, "progress", progress_data(0.5))
        else:
            assert request.headers["Last-Event-ID"] == "2"
            text = event(3, "checkpoint", {"steps": 1000, "updates": 5}) + event(4, "done", DONE)
        return Answer(200, "text/event-stream", text.encode())


def test_events_go_on_after_a_lost_connection():
    fake = Job()
    with fake.running() as url:
        events = list(lamd.Client(url).stream_job("00000002"))
    assert [item.id for item in events] == [1, 2, 3, 4]
    assert [item.event for item in events] == ["progress", "progress", "checkpoint", "done"]
    assert events[-1].data == DONE


def test_train_shows_its_progress(capsys):
    fake = Job()
    with fake.running() as url:
        job = lamd.Client(url).train("00000001", steps=1000, progress=True)
    assert job == DONE
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("  5 % 50 steps") and lines[1].startswith(" 50 % 500 steps")
    assert lines[2] == "succeeded after 1,000 steps in 1.5 s, mean return 500, target 475 reached"
    assert json.loads(fake.requests[0].body) == {"steps": 1000}


class Terminal(io.StringIO):
    def isatty(self):
        return True


def happenings(*shares):
    for number, share in enumerate(shares):
        yield lamd.caller.Event(number, "progress", progress_data(share, mean_return=12.5, steps_per_s=2000.0))


def test_a_terminal_gets_one_line_that_fills_up():
    out = Terminal()
    done = lamd.caller.Event(9, "done", {"state": "failed", "error": {"detail": "the loss is not finite"}})
    assert progress.follow([*happenings(0.25, 0.5), done], out)["state"] == "failed"
    drawn = out.getvalue().split("\r")
    assert drawn[1].startswith(" 25 % [######..................] 250 steps, return 12.5, 2,000 steps/s, eta 2 s"[:79])
    assert out.getvalue().rstrip().splitlines()[-1] == "failed: the loss is not finite"


def test_a_pipe_gets_a_line_for_each_tenth():
    out = io.StringIO()
    assert progress.follow(happenings(0.0, 0.01, 0.12, 0.13, 0.31), out) is None
    assert [line[:5] for line in out.getvalue().splitlines()] == ["  0 %", " 12 %", " 31 %"]
