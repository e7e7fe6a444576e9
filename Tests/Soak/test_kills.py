"""200 times SIGKILL at random moments of training, uploads, stepping and checkpoints."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "EndToEnd"))

from crashes import Book
from daemon import Daemon

KILLS = 200


def test_nothing_acknowledged_is_lost(tmp_path):
    book = Book(Daemon(tmp_path / "lamd").start(), 7)
    try:
        for _ in range(KILLS):
            # Short and long: also in the midst of starting up again.
            book.kill(book.random.choice([0.02, 0.2, 1.5]) * book.random.random())
        assert book.daemon.stop() == 0
    finally:
        if book.daemon.is_running:
            book.daemon.kill()
    print({type(load).__name__: load.acknowledged for load in book.loads}, f"ready p95 {book.percentile(0.95):.3f} s")
    assert all(load.acknowledged > KILLS for load in book.loads)
    assert book.percentile(0.95) <= 2
