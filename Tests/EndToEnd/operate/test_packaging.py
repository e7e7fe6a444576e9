"""What `make install` puts in place, and the units themselves."""

import shutil
import subprocess

import pytest
import yaml
from daemon import BINARY, ROOT

PACKAGING = ROOT / "packaging"
needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze")


def make(*arguments):
    done = subprocess.run(["make", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.skipif(ROOT / ".build/release/lamd" != BINARY, reason="another program than the one just built is tested")
def test_installs_and_removes(tmp_path):
    where = [f"DESTDIR={tmp_path}", "PREFIX=/opt/lamd"]
    make("install", *where)
    assert files(tmp_path) == [
        "etc/lamd/lamd.yaml",
        "opt/lamd/bin/lamd",
        "opt/lamd/lib/systemd/system/lamd.service",
        "opt/lamd/lib/systemd/system/lamd.socket",
        "opt/lamd/share/doc/lamd/operations.md",
    ]
    unit = (tmp_path / "opt/lamd/lib/systemd/system/lamd.service").read_text()
    assert "ExecStart=/opt/lamd/bin/lamd serve --config /etc/lamd/lamd.yaml\n" in unit
    assert "ExecPaths=/opt/lamd/bin/lamd " in unit
    assert "/usr/local" not in unit
    version = subprocess.run([tmp_path / "opt/lamd/bin/lamd", "--version"], capture_output=True, check=True)
    assert version.stdout.strip()
    (tmp_path / "etc/lamd/lamd.yaml").write_text("threads: 3\n")
    make("install", *where)
    make("uninstall", *where)
    assert files(tmp_path) == ["etc/lamd/lamd.yaml"]
    assert (tmp_path / "etc/lamd/lamd.yaml").read_text() == "threads: 3\n"


def test_the_installed_settings_are_the_defaults(run, tmp_path):
    text = (PACKAGING / "lamd.yaml").read_text()
    said = tmp_path / "lamd.yaml"
    said.write_text("\n".join(line.removeprefix("# ") for line in text.splitlines() if ": " in line and "`" not in line))
    arguments = ["serve", "--print-config", "--state", "/s", "--config"]
    shown, standard = run(*arguments, said).stdout, run(*arguments, PACKAGING / "lamd.yaml").stdout
    assert yaml.safe_load(shown) == yaml.safe_load(standard)
    assert standard.count("# default") == shown.count(f"# {said}:") == len(yaml.safe_load(shown)) - 1


@needs_systemd
def test_systemd_understands_the_units(tmp_path):
    for unit in PACKAGING.glob("lamd.s*"):
        (tmp_path / unit.name).write_text(unit.read_text().replace("/usr/local/bin/lamd", str(BINARY)))
    command = ["systemd-analyze", "verify", tmp_path / "lamd.service", tmp_path / "lamd.socket"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@needs_systemd
def test_the_sandbox_is_as_tight_as_it_was():
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=9", PACKAGING / "lamd.service"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
