"""200 times SIGKILL at random moments of training, uploads, stepping and checkpoints."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "EndToEnd"))

from crashes import Book
from daemon import Daemon

KILLS = 200


def test_nothing_acknowledged_is_lost(tmp_path, measured):
    book = Book(Daemon(tmp_path / "lamd").start(), 7)
    try:
        for _ in range(KILLS):
            # Short and long: also in the midst of starting up again.
            book.kill(book.random.choice([0.02, 0.2, 1.5]) * book.random.random())
        assert book.daemon.stop() == 0
    finally:
        if book.daemon.is_running:
            book.daemon.kill()
    loads = {type(load).__name__: load.acknowledged for load in book.loads}
    measured(f"{KILLS} kills, acknowledged {loads}; ready again after {book.percentile(0.95):.2f} s at p95")
    # Trainings are the longest: on a busy machine not one ends between two kills.
    assert all(load.acknowledged > KILLS / 4 for load in book.loads)
    assert book.percentile(0.95) <= 2
