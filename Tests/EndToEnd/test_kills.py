"""SIGKILL at random moments, in the short form of Tests/Soak/test_kills.py."""

from crashes import Book


def test_nothing_acknowledged_is_lost(new_daemon):
    book = Book(new_daemon().start(), 2)
    for _ in range(10):
        book.kill(book.random.uniform(0.05, 0.7))
    assert all(load.acknowledged > 10 for load in book.loads)
    assert max(book.ready) < 5
