"""TLS from files, as clients and the command line see it."""

import json
import socket
import ssl
import subprocess
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import pytest


@pytest.fixture
def certificate(tmp_path):
    """A certificate for this machine that is its own authority, and its key."""
    made = tmp_path / "lamd.crt", tmp_path / "lamd.key"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    subject = ["-subj", "/CN=lamd test", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run([*command, *subject, "-out", made[0], "-keyout", made[1]], check=True, capture_output=True)
    return made


def tls(certificate):
    return ["--tls-cert", certificate[0], "--tls-key", certificate[1]]


def test_serves_https_and_a_plain_unix_socket(serve, certificate, tmp_path, run):
    path = tmp_path / "socket"
    daemon = serve("--listen", f"unix:{path}", *tls(certificate))
    url = daemon.await_log(r"listening on (https://127\.0\.0\.1:\d+)")[1]
    trust = ssl.create_default_context(cafile=certificate[0])
    with urllib.request.urlopen(url + "/livez", timeout=10, context=trust) as reply:
        assert reply.status == 200
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        urllib.request.urlopen(url + "/livez", timeout=10)
    with pytest.raises(OSError):
        urllib.request.urlopen(url.replace("https", "http") + "/livez", timeout=10)
    assert run("envs", "--url", f"unix:{path}").returncode == 0


def test_an_inherited_socket_speaks_tls(start, certificate, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        # Under descriptor 3, as systemd hands it over; the process's own number goes into the environment.
        arguments = ["serve", "--state", tmp_path / "state", *tls(certificate)]
        prefix = ["bash", "-c", 'exec 3<&"$0"; export LISTEN_FDS=1 LISTEN_PID=$$; exec "$@"', str(listening.fileno())]
        daemon = start(*arguments, pass_fds=[listening.fileno()], prefix=prefix)
        url = daemon.await_log(r"listening on (https://127\.0\.0\.1:\d+)")[1]
        trust = ssl.create_default_context(cafile=certificate[0])
        with urllib.request.urlopen(url + "/livez", timeout=10, context=trust) as reply:
            assert reply.status == 200


def test_the_commands_speak_https(serve, certificate, run):
    daemon = serve(*tls(certificate))
    url = daemon.await_log(r"listening on (https://127\.0\.0\.1:\d+)")[1]
    assert json.loads(run("envs", "--json", "--url", url, "--cacert", certificate[0]).stdout)["items"]
    assert run("envs", LAMD_URL=url, LAMD_CACERT=str(certificate[0])).returncode == 0
    refused = run("envs", "--url", url)
    assert refused.returncode == 1
    assert "certificate" in refused.stderr.lower()


def test_old_versions_get_nothing(serve, certificate):
    daemon = serve(*tls(certificate))
    address = urlsplit(daemon.await_log(r"listening on (https://127\.0\.0\.1:\d+)")[1])
    old = ssl.create_default_context(cafile=certificate[0])
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with socket.create_connection((address.hostname, address.port), 10) as connection:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            old.wrap_socket(connection, server_hostname="localhost")
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        new = ssl.create_default_context(cafile=certificate[0])
        new.minimum_version = new.maximum_version = version
        with socket.create_connection((address.hostname, address.port), 10) as connection:
            secured = new.wrap_socket(connection, server_hostname="localhost")
            assert secured.version() == version.name.replace("_", ".")


def test_large_bodies_and_streams_pass(serve, certificate):
    daemon = serve(*tls(certificate))
    url = daemon.await_log(r"listening on (https://127\.0\.0\.1:\d+)")[1]
    trust = ssl.create_default_context(cafile=certificate[0])

    def post(path, body):
        request = urllib.request.Request(url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        return json.load(urllib.request.urlopen(request, timeout=60, context=trust))

    instance = post("/v1/envs/", {"env_id": "CartPole-v1"})["instance_id"]
    rollout = post(f"/v1/envs/{instance}/rollout", {"policy": "random", "steps": 20000, "seed": 1})
    assert len(json.dumps(rollout)) > 1_000_000
    agent = post("/v1/agents/", {"env_id": "CartPole-v1", "hyperparameters": {"hidden_sizes": [8]}})["agent_id"]
    job = post(f"/v1/agents/{agent}/train/", {"steps": 300})["job_id"]
    with urllib.request.urlopen(f"{url}/v1/jobs/{job}/events", timeout=60, context=trust) as events:
        assert b"event: done" in events.read()


def test_the_watchdog_works_with_tls(serve, certificate, service_manager):
    daemon = serve(
        *tls(certificate), environment={"NOTIFY_SOCKET": service_manager.path, "WATCHDOG_USEC": "1000000"}
    )
    service_manager.await_message("READY=1")
    service_manager.await_message("WATCHDOG=1")
    service_manager.await_message("WATCHDOG=1")
    assert "does not answer" not in daemon.said


@pytest.mark.parametrize("words", [["serve"], ["serve", "--check"]])
def test_what_cannot_be_used_is_refused(run, certificate, tmp_path, words):
    arguments = [*words, "--listen", "127.0.0.1:0", "--state", tmp_path / "state"]
    half = run(*arguments, "--tls-cert", certificate[0])
    assert (half.returncode, "tls_cert is of no use without tls_key" in half.stderr) == (78, True)
    missing = run(*arguments, "--tls-cert", tmp_path / "none", "--tls-key", certificate[1])
    assert missing.returncode == 78
    assert f"{tmp_path}/none cannot be read: No such file or directory" in missing.stderr
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", tmp_path / "other"], check=True)
    other = run(*arguments, "--tls-cert", certificate[0], "--tls-key", tmp_path / "other")
    assert other.returncode == 78
    assert "does not belong to the certificate" in other.stderr
    swapped = run(*arguments, "--tls-cert", certificate[1], "--tls-key", certificate[0])
    assert swapped.returncode == 78
    assert "cannot be used" in swapped.stderr
