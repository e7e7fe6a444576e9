"""docs/imitation.md's walk by curl, run as it is written."""

import re
import subprocess

import pytest
from daemon import ROOT

PAGE = ROOT / "docs" / "imitation.md"
END = "## Demonstrations"
MARK = "--- command ---"


def commands():
    """The page's commands down to the next chapter, each with the lines that are shown beneath it."""
    walk = PAGE.read_text().split(END)[0]
    found = []
    for block in re.findall(r"```console\n(.*?)```", walk, re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def pattern(shown):
    """What is shown, where … stands for anything."""
    return re.compile("".join(".*" if part == "…" else re.escape(part) for part in re.split("(…)", shown)), re.DOTALL)


def test_the_page_does_what_it_says(new_daemon, tmp_path):
    # One without demonstrations: the page takes the first that it finds.
    daemon = new_daemon().start()
    walk = commands()
    assert len(walk) > 15
    script = ["set -eu"]
    for command, _ in walk:
        script += [f"echo '{MARK}'", command.replace("U=http://127.0.0.1:8808", f"U={daemon.url}"), "echo"]
    ran = subprocess.run(
        ["bash", "-c", "\n".join(script)], capture_output=True, text=True, timeout=120, cwd=tmp_path
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    outputs = [part.strip() for part in ran.stdout.split(MARK)[1:]]
    assert len(outputs) == len(walk)
    for (command, shown), output in zip(walk, outputs):
        if shown:
            assert pattern("\n".join(shown)).fullmatch(output), f"{command}\n{output}"


@pytest.mark.parametrize("shown", ["a…c", "…"])
def test_the_comparison_can_fail(shown):
    assert pattern(shown).fullmatch("abc")
    assert not pattern(shown + "d").fullmatch("abc")
