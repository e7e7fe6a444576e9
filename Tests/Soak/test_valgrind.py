"""Ten thousand requests of all kinds under valgrind, which sees every read, write and loss. Takes some minutes."""

import subprocess
import sys
from pathlib import Path

from crowd import address
from daemon import BINARY, Daemon
from traffic import BODY_LIMIT, SMALL, Pipe, Round

ACCESS = Path(__file__).parents[1] / "EndToEnd" / "access"
sys.path.append(str(ACCESS))

from operations import World  # noqa: E402

REQUESTS = 10_000
FAULTY = 99
VALGRIND = (
    "valgrind",
    "--fair-sched=yes",
    "--leak-check=full",
    # What is lost for good is an error; what a pointer still leads to, such as Swift's metadata, is not.
    "--show-leak-kinds=definite",
    "--errors-for-leak-kinds=definite",
    f"--error-exitcode={FAULTY}",
    f"--suppressions={Path(__file__).with_name('valgrind.supp')}",
)


def ask_everything(world):
    """Every operation once, as each succeeds, but the last."""
    operations = [each for each in world.operations if each[2] != "shutdown"]
    for method, template, name, scope in operations:
        ask = world.ask(name)
        is_runner = name in ("backup", "restoreBackup")
        token = world.tokens["default", "admin"] if is_runner else world.tokens["a", "admin"] if scope else None
        reply = world.send(method, world.path(template, ask, fresh=method != "GET"), ask, token)
        assert reply.status == ask.status, (name, reply)
    return len(operations)


def test_nothing_is_lost_or_read_amiss(tmp_path, measured):
    daemon = Daemon(tmp_path / "lamd", "--body-limit", str(BODY_LIMIT))
    # Valgrind does not understand what Swift tells debuggers.
    subprocess.run(["strip", "-g", "-o", tmp_path / "program", BINARY], check=True)
    daemon.program = (*VALGRIND, tmp_path / "program")
    daemon.start()
    try:
        world = World(daemon)
        token = world.tokens["default", "admin"]
        agent = world.operator.create_agent("CartPole-v1", hyperparameters=SMALL)["agent_id"]
        world.operator.train(agent, steps=1000, wait=True)
        asked = ask_everything(world)
        while asked < REQUESTS:
            pipe = Pipe(address(daemon), token)
            round = Round(pipe, agent, 0)
            round.run()
            pipe.close()
            asked += round.counts.total()
        world.operator.shutdown()
        status = daemon.wait()
    finally:
        if daemon.is_running:
            daemon.kill()
    said = daemon.log.read_text()
    assert status == 0, said
    measured(f"{asked} requests; " + "; ".join(line.split("== ")[1] for line in said.splitlines() if "ERROR SUMMARY" in line))
