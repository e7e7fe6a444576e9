import pytest
from fake import Server, Worlds


@pytest.fixture
def server():
    """A server that records requests and answers `{}`, and its address."""
    fake = Server()
    with fake.running() as url:
        fake.url = url
        yield fake


@pytest.fixture
def worlds():
    """A server that drives Gymnasium's environments, and its address."""
    fake = Worlds()
    with fake.running() as url:
        fake.url = url
        yield fake
