"""The daemon's errors as exceptions."""

from __future__ import annotations

import json
from typing import Any, Optional


class Problem(Exception):
    """A reply that is an RFC 9457 problem.

    Attributes:
        status: The HTTP status.
        code: The word by which programs tell problems apart, for example `reset_needed`.
        detail: What is wrong, for people.
        pointer: Where the fault is: a JSON pointer into the body, or `?name` for a query parameter.
        body: The whole problem, for fields such as the expected `step`.
    """

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        self.status = status
        self.body = body
        self.code: str = str(body.get("type", "")).rpartition(":")[2]
        self.detail: str = str(body.get("detail") or body.get("title") or f"HTTP status {status}")
        self.pointer: Optional[str] = body.get("pointer")
        place = f" (at {self.pointer!r})" if self.pointer is not None else ""
        super().__init__(f"{status} {self.code}: {self.detail}{place}")

    @classmethod
    def decode(cls, status: int, content: bytes) -> Problem:
        """Reads a reply's body; one that is no problem, from a proxy perhaps, becomes the detail."""
        try:
            body = json.loads(content)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            body = {"detail": content.decode("utf-8", "replace").strip()}
        return cls(status, body)
