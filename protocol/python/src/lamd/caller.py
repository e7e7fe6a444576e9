"""Requests as the API wants them: JSON or tensors, problems as exceptions, server-sent events."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import IO, Any, NamedTuple, Optional
from urllib.parse import quote, urlencode

from . import safetensors
from .problem import Problem
from .spaces import Tensors, plain
from .transport import LOST, Reply, Transport

JSON = dict[str, Any]


class Event(NamedTuple):
    """One server-sent event of a job."""

    id: int
    event: str
    data: JSON


class Caller:
    """Sends requests and reads replies. Raises Problem where the daemon says no."""

    def __init__(self, url: Optional[str], timeout: Optional[float], retries: int, token: Optional[str]) -> None:
        self.transport = Transport(url, timeout, retries)
        token = token or os.environ.get("LAMD_TOKEN")
        self._authorization = {"Authorization": f"Bearer {token}"} if token else {}

    def json(
        self,
        method: str,
        path: str,
        body: Optional[Mapping[str, Any]] = None,
        *,
        query: Optional[JSON] = None,
        wait: bool = False,
        repeatable: Optional[bool] = None,
    ) -> JSON:
        """JSON in, JSON out; what is None is left out of the body."""
        content = None if body is None else compact(present(body)).encode()
        headers = {"Accept": "application/json"}
        if content is not None:
            headers["Content-Type"] = "application/json"
        return decoded(self.send(method, path, content, query=query, headers=headers, wait=wait, repeatable=repeatable))

    def tensors(
        self,
        path: str,
        query: Optional[JSON] = None,
        *,
        body: Optional[JSON] = None,
        tensors: Optional[Tensors] = None,
        wait: bool = False,
        repeatable: bool = False,
    ) -> Tensors:
        """Tensors, or a JSON body, in; tensors out."""
        if tensors is not None:
            content, media_type = safetensors.dump(tensors), safetensors.MEDIA_TYPE
        else:
            content, media_type = compact(body).encode(), "application/json"
        headers = {"Content-Type": media_type, "Accept": safetensors.MEDIA_TYPE}
        reply = self.send("POST", path, content, query=query, headers=headers, wait=wait, repeatable=repeatable)
        return safetensors.load(reply.body)

    def send(
        self,
        method: str,
        path: str,
        content: Optional[bytes] = None,
        *,
        query: Optional[JSON] = None,
        headers: Mapping[str, str] = {},
        wait: bool = False,
        repeatable: Optional[bool] = None,
    ) -> Reply:
        """Bytes in, bytes out; what is None is left out of the query.

        A request that makes or changes something has a key of its own, by which the daemon knows it when it is sent again
        after its connection was lost, unless `repeatable` says whether that is safe without one.
        """
        given = {key: _parameter(value) for key, value in present(query or {}).items()}
        if given:
            path += "?" + urlencode(given, safe=",")
        headers = {**self._authorization, **headers}
        if repeatable is None and method not in ("GET", "DELETE"):
            headers["Idempotency-Key"] = str(uuid.uuid4())
            repeatable = True
        reply = self.transport.send(method, path, content, headers, wait=wait, repeatable=repeatable)
        if reply.status >= 300:
            raise Problem.decode(reply.status, reply.body)
        return reply

    def download(self, path: str, file: IO[bytes]) -> None:
        """Writes a reply to a file as it comes, however large it is."""
        with self.transport.stream(path, {}) as response:
            if response.status != 200:
                raise Problem.decode(response.status, response.read())
            missing = int(response.headers["Content-Length"])
            while chunk := response.read(1 << 20):
                missing -= len(chunk)
                file.write(chunk)
        if missing:
            raise ConnectionError(f"{path} was cut off: {missing} bytes are missing")

    def events(self, path: str, last_event_id: Optional[int]) -> Iterator[Event]:
        """A stream up to its event `done`. Where the connection is lost it goes on after the last event."""
        lost, reason = 0, "it ends before the job does"
        while lost <= self.transport.retries:
            headers = {"Accept": "text/event-stream", **self._authorization}
            if last_event_id is not None:
                headers["Last-Event-ID"] = str(last_event_id)
            try:
                with self.transport.stream(path, headers) as response:
                    if response.status != 200:
                        raise Problem.decode(response.status, response.read())
                    for event in _parsed(response):
                        lost, last_event_id = 0, event.id
                        yield event
                        if event.event == "done":
                            return
            except LOST as error:
                reason = str(error)
            lost += 1
        raise ConnectionError(f"the stream {path} was lost: {reason}")


def present(fields: Mapping[str, Any]) -> JSON:
    """The fields that are not None."""
    return {key: value for key, value in fields.items() if value is not None}


def compact(value: Any) -> str:
    """A value as JSON, numpy's and Gymnasium's included, without spaces."""
    return json.dumps(plain(value), separators=(",", ":"))


@lru_cache(maxsize=1024)
def segment(text: str) -> str:
    """Text as one segment of a path."""
    return quote(text, safe="")


def decoded(reply: Reply) -> JSON:
    """A reply's JSON object."""
    value: JSON = json.loads(reply.body) if reply.body else {}
    return value


def _parameter(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _parsed(lines: Iterable[bytes]) -> Iterator[Event]:
    """Parses server-sent events; comments keep the line open and mean nothing."""
    number, name, data = 0, "message", ""
    for raw in lines:
        line = raw.decode().rstrip("\r\n")
        if not line:
            if data:
                yield Event(number, name, json.loads(data))
            name, data = "message", ""
            continue
        field, _, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if field == "id":
            number = int(value)
        elif field == "event":
            name = value
        elif field == "data":
            data += value
