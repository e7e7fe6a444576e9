"""The habits of the fourteen clients that were written for gym-http-api."""

import json

import pytest

HEX = set("0123456789abcdef")


class Habits:
    """Sends what an old client sends, bytes and headers."""

    def __init__(self, daemon):
        self.daemon = daemon

    def post(self, path, body=None, headers=None):
        given = {"Content-Type": "application/json"} if body is not None else {}
        response = self.daemon.request("POST", path, body, {**given, **(headers or {})})
        return response.status, json.loads(response.body) if response.body else None

    def get(self, path, headers=None):
        response = self.daemon.request("GET", path, headers=headers)
        return response.status, json.loads(response.body)


@pytest.fixture
def old(daemon):
    return Habits(daemon)


@pytest.fixture
def cartpole(old):
    status, reply = old.post("/v1/envs/", '{"env_id":"CartPole-v0"}')
    assert status == 200
    return reply["instance_id"]


def test_ids_are_eight_hex_digits_and_listed_under_both_keys(old, cartpole):
    assert len(cartpole) == 8 and set(cartpole) <= HEX
    status, reply = old.get("/v1/envs/")
    assert status == 200
    assert reply["all_envs"][cartpole] == "CartPole-v0"
    assert reply["envs"] == reply["all_envs"]


@pytest.mark.parametrize("env_id", ["FrozenLake-v0", "Taxi-v3"])
def test_ids_of_their_time_still_work(old, env_id):
    status, reply = old.post("/v1/envs/", json.dumps({"env_id": env_id}))
    assert status == 200
    assert old.get("/v1/envs/")[1]["all_envs"][reply["instance_id"]] == env_id


@pytest.mark.parametrize("body", [None, "", "null", '""', "[]", "{}"])
def test_a_reset_takes_every_form_of_no_body(old, cartpole, body):
    status, reply = old.post(f"/v1/envs/{cartpole}/reset/", body)
    assert status == 200
    assert len(reply["observation"]) == 4 and all(isinstance(x, float) for x in reply["observation"])


@pytest.mark.parametrize("body", [None, "", "null", '""', "[]", "{}", '{"anything":1}', "{not json"])
@pytest.mark.parametrize("verb", ["close/", "monitor/close/"])
def test_bodies_that_are_never_read_are_not_parsed(old, cartpole, verb, body):
    assert old.post(f"/v1/envs/{cartpole}/{verb}", body) == (200, {})


def test_a_step_has_the_old_fields_and_types(old, cartpole):
    old.post(f"/v1/envs/{cartpole}/reset/")
    status, reply = old.post(f"/v1/envs/{cartpole}/step/", '{"action":0,"render":false,"video_callable":false}')
    assert status == 200
    assert isinstance(reply["observation"], list)
    assert isinstance(reply["reward"], float) and reply["done"] is False and reply["info"] == {}


def test_discrete_observations_are_integers(old):
    instance = old.post("/v1/envs/", '{"env_id":"FrozenLake-v0"}')[1]["instance_id"]
    assert old.post(f"/v1/envs/{instance}/reset/")[1]["observation"] == 0
    reply = old.post(f"/v1/envs/{instance}/step/", '{"action":0}')[1]
    assert type(reply["observation"]) is int and type(reply["reward"]) is float


def test_a_continuous_step(old):
    instance = old.post("/v1/envs/", '{"env_id":"Pendulum-v1"}')[1]["instance_id"]
    old.post(f"/v1/envs/{instance}/reset/")
    status, reply = old.post(f"/v1/envs/{instance}/step/", '{"action":[0.0]}')
    assert status == 200 and len(reply["observation"]) == 3


def test_spaces_in_the_old_form(old, cartpole):
    assert old.get(f"/v1/envs/{cartpole}/action_space/") == (200, {"info": {"name": "Discrete", "n": 2}})
    info = old.get(f"/v1/envs/{cartpole}/observation_space/")[1]["info"]
    assert info["name"] == "Box" and info["shape"] == [4]
    assert info["low"][1] == -1e100 and info["high"][3] == 1e100
    assert all(isinstance(bound, float) for bound in info["low"] + info["high"])
    blackjack = old.post("/v1/envs/", '{"env_id":"Blackjack-v1"}')[1]["instance_id"]
    assert old.get(f"/v1/envs/{blackjack}/observation_space/")[1]["info"]["name"] == "Tuple"
    assert len(old.post(f"/v1/envs/{blackjack}/reset/")[1]["observation"]) == 3


def test_samples_and_membership(old, cartpole):
    assert {old.get(f"/v1/envs/{cartpole}/action_space/sample")[1]["action"] for _ in range(40)} == {0, 1}
    for x, member in [("0", True), ("1", True), ("2", False), ("-1", False)]:
        assert old.get(f"/v1/envs/{cartpole}/action_space/contains/{x}")[1]["member"] is member
    status, reply = old.get(f"/v1/envs/{cartpole}/action_space/contains")
    assert status == 400 and reply["message"]


def test_containment_compares_properties(old, cartpole):
    path = f"/v1/envs/{cartpole}/observation_space/contains"
    assert old.post(path, '{"name":"Box","shape":[4]}')[1]["member"] is True
    assert old.post(path, '{"name":"Box"}')[1]["member"] is True
    assert old.post(path, '{"name":"Box","shape":[5]}')[1]["member"] is False
    assert old.post(path, '{"name":"Discrete"}')[1]["member"] is False
    info = old.get(f"/v1/envs/{cartpole}/observation_space/")[1]["info"]
    assert old.post(path, json.dumps(info))[1]["member"] is True


@pytest.mark.parametrize("body", [
    '{"directory":"tmp","force":true,"resume":false,"video_callable":false}',
    '{"directory":"tmp","force":"true","resume":"false"}',
    '{"directory":"tmp","video-callable":false}',
])  # fmt: skip
def test_monitors(old, cartpole, body, tmp_path, monkeypatch):
    assert old.post(f"/v1/envs/{cartpole}/monitor/start/", body) == (200, {})
    assert old.post(f"/v1/envs/{cartpole}/monitor/close/") == (200, {})


def test_upload_is_accepted(old):
    assert old.post("/v1/upload/", '{"training_dir":"/tmp/x","api_key":"k","algorithm_id":null}') == (200, {})


NOTHING = ["close/", "monitor/close/"]


@pytest.mark.parametrize(("accept", "status"), [
    ("text/html", 204),
    ("text/html, application/xhtml+xml", 204),
    ("text/html, application/json", 200),
    ("text/html, */*", 200),
    ("*/*", 200),
    ("application/json", 200),
])  # fmt: skip
def test_the_old_204_is_for_those_who_accept_only_html(daemon, cartpole, accept, status):
    for verb in NOTHING[::-1]:
        response = daemon.request("POST", f"/v1/envs/{cartpole}/{verb}", "{}", {"Accept": accept})
        assert response.status == status
        assert response.body == (b"" if status == 204 else b"{}")


def failure(old, path, body=None):
    status, reply = old.post(path, body)
    assert reply["status"] == status and reply["detail"] == reply["message"]
    return status, reply["message"]


def test_errors_keep_their_status_and_words(old, cartpole):
    unknown = (400, "Instance_id 00000000 unknown")
    assert failure(old, "/v1/envs/00000000/reset/", "{}") == unknown
    assert failure(old, "/v1/envs/00000000/step/", '{"action":0}') == unknown
    assert failure(old, "/v1/envs/00000000/close/") == unknown
    assert failure(old, "/v1/envs/00000000/monitor/close/") == unknown
    assert failure(old, "/v1/envs/00000000/monitor/start/", '{"directory":"tmp"}') == unknown
    assert failure(old, "/v1/envs/00000000/observation_space/contains", "{}") == unknown
    for path in ("action_space/", "observation_space/", "action_space/sample", "action_space/contains/1"):
        assert old.get(f"/v1/envs/00000000/{path}")[0] == 400
    for env_id in ("Nope-v0", "bad id", "CartPole"):
        expected = (400, f"Attempted to look up malformed environment ID '{env_id}'")
        assert failure(old, "/v1/envs/", json.dumps({"env_id": env_id})) == expected


def test_a_missing_parameter_is_named_before_the_id_is_looked_up(old):
    for body in ("{}", '{"action":null}', '{"action":""}', '{"action":[]}'):
        words = (400, "A required request parameter 'action' was not provided")
        assert failure(old, "/v1/envs/00000000/step/", body) == words
    words = (400, "A required request parameter 'directory' was not provided")
    assert failure(old, "/v1/envs/00000000/monitor/start/", '{"force":true}') == words
    words = (400, "A required request parameter 'env_id' was not provided")
    for body in ("{}", '{"env_id":""}', '{"env_id":null}'):
        assert failure(old, "/v1/envs/", body) == words


@pytest.mark.parametrize("body", ["{not json", "null", "", None])
def test_what_is_no_json_is_said_so(old, cartpole, body):
    words = (400, "Request is not a valid json")
    assert failure(old, "/v1/envs/", body) == words
    assert failure(old, f"/v1/envs/{cartpole}/step/", body) == words


def test_a_closed_id_is_unknown(old, cartpole):
    assert old.post(f"/v1/envs/{cartpole}/close/") == (200, {})
    assert failure(old, f"/v1/envs/{cartpole}/close/")[0] == 400
    assert cartpole not in old.get("/v1/envs/")[1]["all_envs"]


def test_no_success_has_a_top_level_message(old, cartpole):
    for status, reply in [
        old.get("/v1/envs/"),
        old.post(f"/v1/envs/{cartpole}/reset/"),
        old.post(f"/v1/envs/{cartpole}/step/", '{"action":0}'),
        old.get(f"/v1/envs/{cartpole}/action_space/"),
        old.post(f"/v1/envs/{cartpole}/close/"),
    ]:
        assert status == 200 and "message" not in reply


def test_a_seed_of_zero_counts(old):
    observations = []
    for seed in (0, 0, 1):
        instance = old.post("/v1/envs/", json.dumps({"env_id": "CartPole-v0", "seed": seed}))[1]["instance_id"]
        observations.append(old.post(f"/v1/envs/{instance}/reset/")[1]["observation"])
    assert observations[0] == observations[1] != observations[2]


def test_shutdown_drains(new_daemon):
    running = new_daemon().start()
    assert Habits(running).post("/v1/shutdown/", "null")[0] == 200
    assert running.wait() == 0
