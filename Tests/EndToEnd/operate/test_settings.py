"""Where settings come from, and what is said of wrong ones."""

import urllib.error
import urllib.request

import pytest
import yaml

NAMES = [
    *("listen", "state", "threads", "workers", "max_sessions", "agent_memory", "max_connections"),
    *("body_limit", "bulk_body_limit", "drain_seconds"),
    *("tenant_sessions", "tenant_steps_per_second", "tenant_jobs", "tenant_bytes"),
    *("audit", "audit_days", "audit_bytes"),
    *("allowed_hosts", "cors_origin", "tls_cert", "tls_key", "disk_reserve"),
    *("gymnasium", "worker", "worker_processes"),
    *("worker_environments", "worker_timeout", "worker_memory", "worker_cpu_seconds"),
    *("log_level", "log_format", "insecure"),
]


def settings(result):
    assert result.returncode == 0, result.stderr
    return yaml.safe_load(result.stdout)


def test_prints_every_setting_with_its_origin(run, tmp_path):
    file = tmp_path / "lamd.yaml"
    file.write_text("workers: 7\nthreads: 5\n")
    result = run("serve", "--print-config", "--config", file, "--max-sessions", 9, LAMD_THREADS="3")
    assert list(settings(result)) == NAMES
    lines = result.stdout.splitlines()
    assert f"workers: 7  # {file}:1: workers" in lines
    assert "threads: 3  # LAMD_THREADS" in lines
    assert "max_sessions: 9  # --max-sessions" in lines
    assert "drain_seconds: 10  # default" in lines


def test_a_flag_goes_before_the_environment_and_that_before_the_file(run, tmp_path):
    file = tmp_path / "lamd.yaml"
    file.write_text("threads: 2\nworkers: 2\nmax_sessions: 2\n")
    arguments = ["serve", "--print-config", "--threads", 4]
    found = settings(run(*arguments, LAMD_CONFIG=str(file), LAMD_THREADS="3", LAMD_WORKERS="3"))
    assert (found["threads"], found["workers"], found["max_sessions"]) == (4, 3, 2)


def test_what_it_prints_is_a_configuration_file(run, tmp_path):
    arguments = ["--listen", "[::1]:0", "--listen", "unix:/tmp/a.sock", "--state", tmp_path / "a b's", "--insecure"]
    first = run("serve", "--print-config", "--body-limit", "2MiB", "--log-level", "debug", *arguments)
    file = tmp_path / "lamd.yaml"
    file.write_text(first.stdout)
    assert settings(run("serve", "--print-config", "--config", file)) == settings(first)


def test_check_says_yes_and_serves_nothing(run, tmp_path):
    result = run("serve", "--check", "--state", tmp_path / "state")
    assert (result.returncode, result.stdout) == (0, "the settings are valid\n")
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("# a comment\nmax_session: 3\n", 2, "there is no setting 'max_session'; the nearest are max_sessions,"),
        ("threads: none\n", 1, "threads must be a whole number from 1 to 256, not 'none'"),
        ("threads: 0\n", 1, "threads must be a whole number from 1 to 256, not '0'"),
        ("\nbody_limit: 1 potato\n", 2, "body_limit must be a positive number of bytes"),
        ("insecure: perhaps\n", 1, "insecure must be true or false, not 'perhaps'"),
        ("log_level: loud\n", 1, "log_level must be one of trace, debug, info,"),
        ("cors_origin: [http://a, b.example]\n", 1, "cors_origin must be SCHEME://HOST or SCHEME://HOST:PORT"),
        ("cors_origin: https://a/b\n", 1, "cors_origin must be SCHEME://HOST or SCHEME://HOST:PORT"),
        ("workers: [1, 2]\n", 1, "workers must be a whole number"),
        ("state:\n", 1, "'state' has no value"),
        ("threads: {a: 1}\n", 1, "'threads' has no value"),
        ("threads: [1\n", 2, "did not find expected"),
        ("- threads\n", None, "there must be settings"),
        ("threads: 1\nthreads: 2\n", None, "threads is said more than once"),
    ],
)
def test_a_wrong_file_is_refused_by_line_and_reason(run, tmp_path, text, line, reason):
    file = tmp_path / "lamd.yaml"
    file.write_text(text)
    result = run("serve", "--check", "--config", file)
    assert result.returncode == 78
    assert f"{file}:{line}: {reason}" in result.stderr if line else f"{file}: {reason}" in result.stderr


def test_a_file_that_is_not_there_is_named(run):
    result = run("serve", "--check", "--config", "/nowhere/lamd.yaml")
    assert result.returncode == 78
    assert "/nowhere/lamd.yaml cannot be read: No such file or directory" in result.stderr


def test_an_empty_file_changes_nothing(run, tmp_path):
    file = tmp_path / "lamd.yaml"
    file.write_text("# nothing\n")
    assert settings(run("serve", "--print-config", "--config", file)) == settings(run("serve", "--print-config"))


def test_a_wrong_variable_is_named(run):
    result = run("serve", "--check", LAMD_MAX_SESSIONS="many")
    assert result.returncode == 78
    assert "LAMD_MAX_SESSIONS must be a whole number from 1 to 10000000, not 'many'" in result.stderr


def test_a_variable_that_is_no_setting_is_warned_of(run):
    result = run("serve", "--check", LAMD_THREAD="2", LAMD_URL="http://127.0.0.1:1")
    assert result.returncode == 0
    assert "LAMD_THREAD" in result.stderr
    assert "LAMD_URL" not in result.stderr


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"STATE_DIRECTORY": "/var/lib/lamd:/var/lib/other", "XDG_STATE_HOME": "/x", "HOME": "/h"}, "/var/lib/lamd"),
        ({"XDG_STATE_HOME": "/x", "HOME": "/h"}, "/x/lamd"),
        ({"HOME": "/h"}, "/h/.local/state/lamd"),
    ],
)
def test_the_state_folder_is_found_as_the_manual_says(run, environment, folder):
    assert settings(run("serve", "--print-config", **environment))["state"] == folder


@pytest.mark.parametrize("size", ["65536", "64KiB", "64 KiB"])
def test_a_body_limit_is_kept(serve, size):
    daemon = serve("--body-limit", size)
    request = urllib.request.Request(daemon.url + "/v1/envs/", data=b" " * 65537, method="POST")
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=10)
    assert caught.value.code == 413
    assert b"65536" in caught.value.read()


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "127.example.com:0", "192.0.2.1:80"])
def test_an_open_address_needs_a_token_or_insecure(run, tmp_path, address):
    result = run("serve", "--state", tmp_path, "--listen", address)
    assert result.returncode == 78
    assert "can be reached by others, and nobody is asked for a token" in result.stderr
    # A check does not open the state folder, which a running daemon may have.
    result = run("serve", "--check", "--listen", address)
    assert result.returncode == 0 and "needs a token" in result.stderr
    assert "needs a token" not in run("serve", "--check", "--listen", address, "--insecure").stderr


@pytest.mark.parametrize("address", ["8808", "127.0.0.1", "127.0.0.1:99999", ":8808", "unix:", "localhost:http"])
def test_what_is_no_address_is_refused(run, address):
    result = run("serve", "--check", "--listen", address)
    assert result.returncode == 78
    assert f"listen must be HOST:PORT, such as 127.0.0.1:8808 or [::1]:0, or unix:PATH, not '{address}'" in result.stderr


def test_help_tells_of_every_setting_and_the_three_places(run):
    text = run("serve", "--help").stdout
    for name in NAMES:
        assert "--" + name.replace("_", "-") in text
    assert "LAMD_MAX_SESSIONS=500" in text
    assert "max_sessions: 500" in text
