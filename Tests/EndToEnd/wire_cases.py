"""What may come over a connection, byte for byte, and what must come of it: good requests, and those that a proxy could
read differently than the daemon does."""

# fmt: off


from __future__ import annotations

from typing import NamedTuple, Optional

#: Stands for the id of an instance, which has as many digits.
ID = b"00000000"
PATH = b"/v1/envs/" + ID + b"/observation_space/contains"
#: A property of CartPole's observations: a request that can be repeated, and whose body counts.
BODY = b'{"shape":[4]}'
#: What a smuggled request would be: it has an answer of its own.
NEXT = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Case(NamedTuple):
    """Bytes of a client, the statuses of all replies (negative after HEAD), and whether the daemon then closes."""

    name: str
    sent: bytes
    statuses: list[int]
    closes: bool = False
    #: How many of them a handler answered, where those are not just the successes.
    handled: Optional[int] = None
    #: Whether the client then says that it sends no more.
    half: bool = False
    #: Whether the reply may be lost: TCP resets a connection that is closed before all that came was read.
    hasty: bool = False

    @property
    def served(self) -> int:
        """How many requests reach a handler."""
        return sum(abs(status) == 200 for status in self.statuses) if self.handled is None else self.handled


def head(line: str, *fields: str, host: Optional[str] = "localhost") -> bytes:
    """The head of a request."""
    names = [] if host is None else [f"Host: {host}"]
    return "\r\n".join([line, *names, *fields, "", ""]).encode("latin-1")


def get(
    *fields: str, path: str = "/livez", version: str = "1.1", method: str = "GET", host: Optional[str] = "localhost"
) -> bytes:
    """A request without a body."""
    return head(f"{method} {path} HTTP/{version}", *fields, host=host)


def post(*fields: str, body: bytes = BODY, path: bytes = PATH, version: str = "1.1") -> bytes:
    """A request with the fields that frame its body among those given."""
    return head(f"POST {path.decode()} HTTP/{version}", *fields) + body


def sized(*fields: str, body: bytes = BODY) -> bytes:
    """A request whose body has a length."""
    return post(f"Content-Length: {len(body)}", *fields, body=body)


def chunked(*chunks: bytes, fields: tuple[str, ...] = (), end: bytes = b"0\r\n\r\n") -> bytes:
    """A request whose body comes in chunks."""
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return post("Transfer-Encoding: chunked", *fields, body=body + end)


def raw_chunks(body: bytes) -> bytes:
    """A request whose chunks are as they are given."""
    return post("Transfer-Encoding: chunked", body=body)


LENGTH = f"Content-Length: {len(BODY)}"
CHUNKED = "Transfer-Encoding: chunked"
CHUNK = b"d\r\n" + BODY + b"\r\n"

PLAIN = [
    Case("a GET", get(), [200]),
    Case("two in a row", get() + get(), [200, 200]),
    Case("five in a row", get() * 5, [200] * 5),
    Case("a GET that says close", get("Connection: close"), [200], True),
    Case("a GET that says Close", get("Connection: Close"), [200], True),
    Case("what follows a close is nobody's", get("Connection: close") + NEXT, [200], True),
    Case("a HEAD", get(method="HEAD"), [-200]),
    Case("a HEAD and a GET", get(method="HEAD") + get(), [-200, 200]),
    Case("a POST", sized(), [200]),
    Case("two POSTs", sized() + sized(), [200, 200]),
    Case("a POST and a GET", sized() + get(), [200, 200]),
    Case("a GET and a POST", get() + sized(), [200, 200]),
    Case("a POST in chunks and a GET", chunked(BODY) + get(), [200, 200]),
    Case("a POST of a length of none", sized(body=b""), [400], handled=1),
    Case("a body that no route reads", get("Content-Length: 5") + b"hello" + NEXT, [200, 200]),
    Case("a body of chunks that no route reads", get(CHUNKED) + b"5\r\nhello\r\n0\r\n\r\n" + NEXT, [200, 200]),
    Case("a body that is a request", post(f"Content-Length: {len(NEXT)}", body=NEXT) + NEXT, [400, 200], handled=2),
    Case("chunks that are a request", chunked(NEXT) + NEXT, [400, 200], handled=2),
    Case("not found, and on", get(path="/nothing") + NEXT, [404, 200]),
    Case("not found with a body, and on", post(LENGTH, path=b"/nothing") + NEXT, [404, 200]),
    Case("not allowed with a body, and on", post(LENGTH, path=b"/livez") + NEXT, [405, 200]),
    Case("leading empty lines", b"\r\n" + get(), [200]),
    Case("empty lines between", get() + b"\r\n" + get(), [200, 200]),
    Case("a body under curl's default", sized("Content-Type: application/x-www-form-urlencoded"), [200]),
    Case("an unknown type", sized("Content-Type: text/plain") + NEXT, [415, 200], handled=2),
]

HALF = [
    Case("half closed after a GET", get(), [200], True, half=True),
    Case("half closed after a POST", sized(), [200], True, half=True),
    Case("half closed after two", get() + sized(), [200, 200], True, half=True),
    Case("half closed after chunks", chunked(BODY), [200], True, half=True),
]

VERSIONS = [
    Case("1.0 ends after a reply", get(version="1.0"), [200], True),
    Case("1.0 without Host", get(version="1.0", host=None), [200], True),
    Case("1.0 kept alive", get("Connection: keep-alive", version="1.0") + get(version="1.0"), [200, 200], True),
    Case("1.0 with a length", post(LENGTH, version="1.0"), [200], True),
    Case("1.0 with chunks", post(CHUNKED, version="1.0", body=CHUNK + b"0\r\n\r\n"), [200], True),
    Case("1.2", get(version="1.2") + NEXT, [505], True),
    Case("1.9", get(version="1.9") + NEXT, [505], True),
    Case("2.0", get(version="2.0") + NEXT, [505], True),
    Case("0.9", b"GET /livez\r\n\r\n" + NEXT, [400], True),
    Case("0.9 by name", get(version="0.9") + NEXT, [505], True),
    Case("no number", b"GET /livez HTTP\r\nHost: localhost\r\n\r\n" + NEXT, [400], True),
    Case("1.1 in small letters", b"GET /livez http/1.1\r\nHost: localhost\r\n\r\n" + NEXT, [400], True),
    Case("two digits", get(version="1.10") + NEXT, [400], True),
    Case("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [505], True),
    Case("an upgrade to HTTP/2", get("Connection: Upgrade", "Upgrade: h2c", "HTTP2-Settings: AA") + NEXT, [200, 200]),
    Case("an upgrade to WebSocket", get("Connection: Upgrade", "Upgrade: websocket") + NEXT, [200, 200]),
]

HOSTS = [
    Case("no Host", get(host=None) + NEXT, [400], True),
    Case("an empty Host", get(host="") + NEXT, [421, 200]),
    Case("two Hosts", get("Host: localhost") + NEXT, [400], True),
    Case("two Hosts, one strange", get("Host: evil.example") + NEXT, [400], True),
    Case("two Hosts in 1.0", get("Host: localhost", version="1.0") + NEXT, [400], True),
    Case("a strange Host", get(host="evil.example") + NEXT, [421, 200]),
    Case(
        "a strange Host and a body", head("POST /livez HTTP/1.1", LENGTH, host="evil.example") + BODY + NEXT, [421, 200]
    ),
    Case("a Host with a port", get(host="localhost:1") + NEXT, [200, 200]),
    Case("a Host that is an address", get(host="127.0.0.1:8808") + NEXT, [200, 200]),
    Case("a Host of IPv6", get(host="[::1]:8808") + NEXT, [200, 200]),
    Case("a Host with a user", get(host="a@localhost") + NEXT, [421, 200]),
    Case("two names in one Host", get(host="localhost, localhost") + NEXT, [421, 200]),
    Case("a strange Origin", get("Origin: http://evil.example") + NEXT, [403, 200]),
    Case("a strange Origin and a body", sized("Origin: http://evil.example") + NEXT, [403, 200]),
    Case("an Origin of none", get("Origin: null") + NEXT, [403, 200]),
    Case("our own Origin", get("Origin: http://localhost") + NEXT, [200, 200]),
]

LENGTHS = [
    Case("two lengths", post(LENGTH, "Content-Length: 1") + NEXT, [400], True),
    Case("two lengths alike", post(LENGTH, LENGTH) + NEXT, [400], True),
    Case("two lengths in one", post("Content-Length: 13, 13") + NEXT, [400], True),
    Case("lengths of none and of some", post("Content-Length: 0", LENGTH) + NEXT, [400], True),
    Case("a length below zero", post("Content-Length: -1") + NEXT, [400], True),
    Case("a length with a plus", post("Content-Length: +13") + NEXT, [400], True),
    Case("a length in hex", post("Content-Length: 0xd") + NEXT, [400], True),
    Case("a length with a point", post("Content-Length: 13.0") + NEXT, [400], True),
    Case("a length in words", post("Content-Length: thirteen") + NEXT, [400], True),
    Case("a length and a letter", post("Content-Length: 13a") + NEXT, [400], True),
    Case("an empty length", post("Content-Length:") + NEXT, [400], True),
    Case("a length beyond 64 bits", post("Content-Length: 18446744073709551629") + NEXT, [413], True),
    Case("a length too large", post("Content-Length: 99999999999", body=b""), [413], True),
    Case("a length with zeros before", post("Content-Length: 0013") + NEXT, [200, 200]),
    Case("a length in spaces", post("Content-Length:   13   ") + NEXT, [400], True),
    Case("a length in small letters", post("content-length: 13") + NEXT, [200, 200]),
    Case("a space before a length's colon", post("Content-Length : 13") + NEXT, [400], True),
    Case("a tab before a length's colon", post("Content-Length\t: 13") + NEXT, [400], True),
    Case("a length and chunks", post(LENGTH, CHUNKED, body=CHUNK + b"0\r\n\r\n") + NEXT, [400], True),
    Case("chunks and a length", post(CHUNKED, LENGTH, body=CHUNK + b"0\r\n\r\n") + NEXT, [400], True),
    Case("a length of 4 and chunks", post("Content-Length: 4", CHUNKED, body=CHUNK + b"0\r\n\r\n") + NEXT, [400], True),
    Case("a length and a coding that is none", post(LENGTH, "Transfer-Encoding: xchunked") + NEXT, [400], True),
]

CODINGS = [
    Case("gzip, chunked", post("Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n") + NEXT, [501], True),
    Case("chunked, gzip", post("Transfer-Encoding: chunked, gzip", body=b"0\r\n\r\n") + NEXT, [501], True),
    Case("gzip", post("Transfer-Encoding: gzip", body=b"0\r\n\r\n") + NEXT, [501], True),
    Case("identity", post("Transfer-Encoding: identity", body=b"0\r\n\r\n") + NEXT, [501], True),
    Case("xchunked", post("Transfer-Encoding: xchunked", body=b"0\r\n\r\n") + NEXT, [501], True),
    Case("chunked in quotes", post('Transfer-Encoding: "chunked"', body=b"0\r\n\r\n") + NEXT, [501], True),
    Case("chunked twice", post(CHUNKED, CHUNKED, body=b"0\r\n\r\n") + NEXT, [501], True),
    Case("chunked twice in one", post("Transfer-Encoding: chunked, chunked", body=b"0\r\n\r\n") + NEXT, [501], True),
    Case("an empty coding", post("Transfer-Encoding:", body=b"0\r\n\r\n") + NEXT, [501], True),
    Case("chunked with a parameter", post("Transfer-Encoding: chunked;a=b", body=b"0\r\n\r\n") + NEXT, [501], True),
    Case("a tab before chunked", post("Transfer-Encoding:\tchunked", body=CHUNK + b"0\r\n\r\n") + NEXT, [200, 200]),
    Case("CHUNKED", post("Transfer-Encoding: CHUNKED", body=CHUNK + b"0\r\n\r\n") + NEXT, [200, 200]),
    Case("a form feed before chunked", post("Transfer-Encoding: \x0cchunked", body=b"0\r\n\r\n") + NEXT, [501], True),
    Case("a space before a coding's colon", post("Transfer-Encoding : chunked", body=b"0\r\n\r\n") + NEXT, [400], True),
    Case("a content coding", sized("Content-Encoding: gzip") + NEXT, [200, 200]),
]

CHUNKS = [
    Case("one chunk", chunked(BODY) + NEXT, [200, 200]),
    Case("a chunk for each byte", chunked(*(BODY[place : place + 1] for place in range(len(BODY)))) + NEXT, [200, 200]),
    Case("a size in capitals", raw_chunks(b"D\r\n" + BODY + b"\r\n0\r\n\r\n") + NEXT, [200, 200]),
    Case("a size with zeros before", raw_chunks(b"000d\r\n" + BODY + b"\r\n0\r\n\r\n") + NEXT, [200, 200]),
    Case("zeros at the end", raw_chunks(CHUNK + b"000\r\n\r\n") + NEXT, [200, 200]),
    Case("an extension", raw_chunks(b"d;a=b\r\n" + BODY + b"\r\n0\r\n\r\n") + NEXT, [200, 200]),
    Case("an extension in quotes", raw_chunks(b'd;a="b"\r\n' + BODY + b"\r\n0\r\n\r\n") + NEXT, [200, 200]),
    Case("an extension of the last chunk", raw_chunks(CHUNK + b"0;a=b\r\n\r\n") + NEXT, [200, 200]),
    Case("a trailer", chunked(BODY, end=b"0\r\nX-Sum: 1\r\n\r\n") + NEXT, [200, 200]),
    Case("two trailers", chunked(BODY, end=b"0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n") + NEXT, [200, 200]),
    Case("a trailer that is a length", chunked(BODY, end=b"0\r\nContent-Length: 40\r\n\r\n") + NEXT, [200, 200]),
    Case("a trailer that is a coding", chunked(BODY, end=b"0\r\nTransfer-Encoding: gzip\r\n\r\n") + NEXT, [200, 200]),
    Case("a trailer that is a Host", chunked(BODY, end=b"0\r\nHost: evil.example\r\n\r\n") + NEXT, [200, 200]),
    Case("a size that is none", raw_chunks(b"x\r\n" + BODY + b"\r\n0\r\n\r\n") + NEXT, [400], True),
    Case("a size below zero", raw_chunks(b"-1\r\n" + BODY + b"\r\n0\r\n\r\n") + NEXT, [400], True),
    Case("a size with a plus", raw_chunks(b"+d\r\n" + BODY + b"\r\n0\r\n\r\n") + NEXT, [400], True),
    Case("a size with 0x", raw_chunks(b"0xd\r\n" + BODY + b"\r\n0\r\n\r\n") + NEXT, [400], True),
    Case("a size beyond 64 bits", raw_chunks(b"1000000000000000d\r\n" + BODY + b"\r\n0\r\n\r\n") + NEXT, [413], True),
    Case("an empty size", raw_chunks(b"\r\n" + BODY + b"\r\n0\r\n\r\n") + NEXT, [400], True),
    Case("a chunk longer than its size", raw_chunks(b"c\r\n" + BODY + b"\r\n0\r\n\r\n") + NEXT, [400], True),
    # The return counts as the chunk's, and the line feed that is left as a line end, as everywhere.
    Case("a chunk shorter by one than its size", raw_chunks(b"e\r\n" + BODY + b"\r\n0\r\n\r\n") + NEXT, [200, 200]),
    Case("a chunk shorter by two than its size", raw_chunks(b"f\r\n" + BODY + b"\r\n0\r\n\r\n") + NEXT, [400], True),
]

HEADS = [
    Case("bare line feeds", get().replace(b"\r\n", b"\n") + NEXT, [200, 200]),
    Case("bare line feeds after a POST", sized().replace(b"\r\n", b"\n") + NEXT, [200, 200]),
    Case("a bare return in a value", get("X-A: b\rTransfer-Encoding: gzip") + NEXT, [200, 200]),
    Case("a bare return for a line end", b"GET /livez HTTP/1.1\rHost: localhost\r\r" + NEXT, [400]),
    Case("a folded value", get("X-A: b", " c") + NEXT, [400], True),
    Case("a value folded with a tab", get("X-A: b", "\tc") + NEXT, [400], True),
    Case("a value folded twice", get("X-A: b", " c", " d", "X-E: f") + NEXT, [400], True),
    Case("a name made by folding", post("Content-Lengt: 13", " h") + NEXT, [400], True),
    Case("a coding made by folding", post("Transfer-Encodin: chunked", " g", body=CHUNK) + NEXT, [400], True),
    Case("a folded length", post("Content-Length: 1", " 3") + NEXT, [400], True),
    Case("a folded Host", get(host="local\r\n host") + NEXT, [400], True),
    Case("a fold before any field", b"GET /livez HTTP/1.1\r\n X: y\r\nHost: localhost\r\n\r\n" + NEXT, [400], True),
    Case("a field without a colon", get("X-A") + NEXT, [400], True),
    Case("a field without a name", get(": b") + NEXT, [200, 200]),
    Case("a space in a name", get("X A: b") + NEXT, [400], True),
    Case("a space before a colon", get("X-A : b") + NEXT, [400], True),
    Case("a control in a name", get("X-\x01: b") + NEXT, [400], True),
    Case("a bracket in a name", get("X-[A]: b") + NEXT, [400], True),
    Case("a letter beyond ASCII in a name", get("X-é: b") + NEXT, [400], True),
    Case("a NUL in a name", get("X-\x00A: b") + NEXT, [400], True),
    Case("a NUL in a value", get("X-A: b\x00c") + NEXT, [200, 200]),
    Case("letters beyond ASCII in a value", get("X-A: \xe9\xff") + NEXT, [200, 200]),
    Case("an empty value", get("X-A:") + NEXT, [200, 200]),
    Case("all that a token may be", get("!#$%&'*+-.^_`|~09azAZ: b") + NEXT, [200, 200]),
    Case("sixty fields", get(*(f"X-{number}: {number}" for number in range(60))) + NEXT, [200, 200]),
    Case("far too many fields", get(*(f"X-{number}: {number}" for number in range(700))), [431], True, hasty=True),
    Case("a field far too long", get("X-A: " + "b" * 7500), [431], True, hasty=True),
    Case("an address far too long", get(path="/" + "a" * 7500), [414], True, hasty=True),
    Case("a long query", get(path="/v1/environments?limit=" + "0" * 1000 + "1") + NEXT, [400, 200], handled=2),
    Case("a hundred parameters", get(path="/v1/environments?limit=1" + "&limit=2" * 100) + NEXT, [200, 200]),
    Case("four hundred parameters", get(path="/v1/environments?" + "a&" * 400) + NEXT, [400, 200], handled=2),
    Case(
        "twenty parameters and a long field",
        get("X-A: " + "b" * 5600, path="/v1/environments?limit=1" + "&limit=2" * 20) + NEXT,
        [200, 200],
    ),
]

TARGETS = [
    Case("the absolute form", get(path="http://localhost/livez") + NEXT, [200, 200]),
    Case("the absolute form by https", get(path="https://localhost/livez") + NEXT, [200, 200]),
    Case("the absolute form without a path", get(path="http://localhost") + NEXT, [404, 200]),
    Case("the absolute form of another scheme", get(path="ftp://localhost/livez") + NEXT, [400, 200]),
    Case("an authority", get(method="CONNECT", path="localhost:80") + NEXT, [400, 200]),
    Case("a star", get(method="OPTIONS", path="*") + NEXT, [204, 200]),
    Case("a star that is no question", get(path="*") + NEXT, [400, 200]),
    Case("a path without a slash", get(path="livez") + NEXT, [400, 200]),
    Case("an encoded NUL", get(path="/livez%00") + NEXT, [400, 200]),
    Case("an encoded slash", get(path="/v1%2fenvironments") + NEXT, [400, 200]),
    Case("an encoded letter", get(path="/live%7A") + NEXT, [200, 200]),
    Case("half an encoding", get(path="/livez%2") + NEXT, [400, 200]),
    Case("an encoding that is none", get(path="/livez%zz") + NEXT, [400, 200]),
    Case("an encoding that is no UTF-8", get(path="/livez%ff") + NEXT, [400, 200]),
    Case("an encoded line end", get(path="/livez%0d%0aX:%20y") + NEXT, [404, 200]),
    Case("dots", get(path="/v1/../livez") + NEXT, [400, 200]),
    Case("a dot", get(path="/./livez") + NEXT, [400, 200]),
    Case("encoded dots", get(path="/v1/%2e%2e/livez") + NEXT, [400, 200]),
    Case("two slashes", get(path="//livez") + NEXT, [404, 200]),
    Case("a slash at the end", get(path="/livez/") + NEXT, [200, 200]),
    Case("a fragment", get(path="/livez#a") + NEXT, [404, 200]),
    Case("an empty query", get(path="/livez?") + NEXT, [200, 200]),
    Case("a query of bad encoding", get(path="/livez?a=%zz") + NEXT, [400, 200]),
    Case("a query with NUL", get(path="/livez?a=%00") + NEXT, [400, 200]),
    Case("a query with a bare NUL", get(path="/livez?a=\x00&b") + NEXT, [400, 200]),
    Case("a query behind a NUL", get(path="/livez\x00?a=b") + NEXT, [400, 200]),
    Case("a query of marks", get(path="/livez?&?&&=&a=b=c?") + NEXT, [200, 200]),
    Case("a space in a path", b"GET /li vez HTTP/1.1\r\nHost: localhost\r\n\r\n" + NEXT, [400, 200]),
    Case("no path", b"GET  HTTP/1.1\r\nHost: localhost\r\n\r\n" + NEXT, [400], True),
]

METHODS = [
    Case("OPTIONS", get(method="OPTIONS") + NEXT, [204, 200]),
    Case("OPTIONS of nothing", get(method="OPTIONS", path="/nothing") + NEXT, [404, 200]),
    Case("TRACE", get(method="TRACE") + NEXT, [405, 200]),
    Case("DELETE", get(method="DELETE") + NEXT, [405, 200]),
    Case("a method of our own", get(method="BREW") + NEXT, [405, 200]),
    Case("a method in small letters", get(method="get") + NEXT, [405, 200]),
    Case("a method with a control", get(method="G\x01T") + NEXT, [405, 200]),
    Case("a long method", get(method="A" * 500) + NEXT, [405, 200]),
    Case("a method with more behind", get(method="GETS") + NEXT, [405, 200]),
]

EXPECTATIONS = [
    Case("waits for leave", sized("Expect: 100-continue") + NEXT, [200, 200]),
    Case("waits for leave in capitals", sized("Expect: 100-CONTINUE") + NEXT, [200, 200]),
    Case("expects what nobody knows", sized("Expect: 200-ok") + NEXT, [417], True),
    Case("expects twice", sized("Expect: 100-continue, 100-continue") + NEXT, [417], True),
    Case("expects nothing", sized("Expect:") + NEXT, [417], True),
    Case("waits for leave in vain", post(LENGTH, "Expect: 100-continue", path=b"/nothing", body=b""), [404], True),
    Case("waits with too much", post("Content-Length: 2000000", "Expect: 100-continue", body=b""), [413], True),
    Case("waits in 1.0", post(LENGTH, "Expect: 100-continue", version="1.0"), [200], True),
]

CASES = [
    *PLAIN, *HALF, *VERSIONS, *HOSTS, *LENGTHS, *CODINGS, *CHUNKS, *HEADS, *TARGETS, *METHODS, *EXPECTATIONS,
]
