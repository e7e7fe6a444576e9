"""What `make install` puts in place, and the units themselves."""

import re
import shutil
import subprocess

import pytest
import yaml
from daemon import BINARY, ROOT

PACKAGING = ROOT / "packaging"
GENERATOR = ROOT / ".build/debug/generate-manual"
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


def test_the_manual_of_operations_has_a_row_for_every_setting(run):
    table = (ROOT / "docs/operations.md").read_text()
    rows = set(re.findall(r"^\| `(\w+)` \| ", table, re.MULTILINE))
    assert set(yaml.safe_load(run("serve", "--print-config").stdout)) <= rows


def test_completion_and_help_know_every_setting(run):
    completion = run("--generate-completion-script", "bash").stdout
    text = run("serve", "--help").stdout
    for name in yaml.safe_load(run("serve", "--print-config").stdout):
        flag = "--" + name.replace("_", "-")
        assert flag in completion
        assert flag in text


@pytest.mark.skipif(not GENERATOR.exists(), reason="`make deb` builds what writes the manual page")
def test_the_manual_page_knows_every_setting(run):
    command = [GENERATOR, BINARY, "--output-directory", "-"]
    page = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for name in yaml.safe_load(run("serve", "--print-config").stdout):
        assert re.search(rf"^\.It Fl -{name.replace('_', '-')}( |$)", page, re.MULTILINE), name


@needs_systemd
def test_the_package_has_as_tight_a_sandbox(tmp_path):
    # As packaging/deb.sh writes it.
    text = (PACKAGING / "lamd.service").read_text()
    unit = tmp_path / "lamd.service"
    unit.write_text(text.replace("/usr/local", "/usr").replace("DynamicUser=yes", "User=lamd\nGroup=lamd"))
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=11", unit]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@needs_systemd
def test_the_sandbox_is_as_tight_as_it_was():
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=9", PACKAGING / "lamd.service"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
