"""The daemon does what protocol/openapi.yaml says: all checks and phases of schemathesis."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import lamd
from daemon import Daemon

HERE = Path(__file__).parent


def identities(daemon: Daemon) -> dict[str, str]:
    """Administrators of two tenants, who may do everything there but stop and copy the daemon."""
    operator = lamd.Client(daemon.url, token=daemon.client().create_token("operator", ["admin"])["token"])
    return {tenant: operator.create_token(tenant, ["admin"], tenant=tenant)["token"] for tenant in "ab"}


def run(daemon: Daemon, tokens: dict[str, str], folder: Path, seed: int, examples: int) -> int:
    """Runs one seed and returns how many cases there were."""
    headers = {tenant: [{"name": "Authorization", "value": f"Bearer {token}"}] for tenant, token in tokens.items()}
    auth, report = folder / "auth.json", folder / f"report-{seed}.json"
    auth.write_text(json.dumps({"auth": [{"name": name, "fixedHeaders": fixed} for name, fixed in headers.items()]}))
    environment = {
        **os.environ,
        "LAMD_URL": daemon.url,
        "LAMD_TOKEN": tokens["a"],
        "LAMD_AUTH": str(auth),
        "LAMD_CARRIED": " ".join(token.split("_")[1] for token in tokens.values()),
        "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parent / "EndToEnd")]),
    }
    command = [Path(sys.executable).with_name("st"), "--config-file", HERE / "schemathesis.toml", "run"]
    command += [f"{daemon.url}/openapi.json", "--seed", str(seed), "--max-examples", str(examples)]
    command += ["--continue-on-failure", "--report-json-path", report]
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-30_000:] + done.stderr
    return int(json.loads(report.read_text())["test_cases"]["generated"])


def test_contract(tmp_path, pytestconfig, capsys):
    seeds, cases = pytestconfig.getoption("seeds"), 0
    for seed in range(1, seeds + 1):
        daemon = Daemon(tmp_path / f"lamd-{seed}").start()
        try:
            cases += run(daemon, identities(daemon), tmp_path, seed, pytestconfig.getoption("examples"))
            assert daemon.is_running, daemon.log.read_text()
            assert daemon.stop() == 0
        finally:
            if daemon.is_running:
                daemon.kill()
    with capsys.disabled():
        print(f"\n{cases:,} cases of {seeds} seeds")
    assert cases >= pytestconfig.getoption("cases")
