"""The bytes of one HTTP exchange: a request in one block, an answer read with little effort.

``http.client`` spends more time on header objects that nobody reads than the exchange itself takes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

import msgspec

from emulator.core.sending import Parcel

from .destinations import Place

TEXT_LIMIT = 65_536
"""How much of an answer's body is kept."""

_HEAD_LIMIT = 65_536
_BLOCK = 65_536
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9]{2})(?: .*)?", re.DOTALL)
# Ours to say: a second length or another framing would let a header smuggle in a second request.
_OURS = frozenset({"content-length", "transfer-encoding", "connection", "keep-alive"})

Receive = Callable[[int], bytes]
"""Reads at most so many bytes; none at the end of the stream."""


class InvalidRequest(Exception):
    """A method or header that cannot be sent as one."""


class InvalidAnswer(Exception):
    """What came back is no complete HTTP answer."""


class Request(msgspec.Struct, frozen=True):
    """A request as it goes out."""

    place: Place
    method: str
    payload: bytes


class Head(msgspec.Struct, frozen=True):
    """What of an answer's head decides how to read on."""

    status: int
    length: int | None
    chunked: bool
    keeps_alive: bool


class Reply(msgspec.Struct, frozen=True):
    """An answer, read to its end."""

    status: int
    body: bytes
    reusable: bool
    """Whether the connection can carry another exchange."""


def write_request(parcel: Parcel, place: Place) -> Request:
    """Put head and body into one block, so that they leave in one packet.

    :raises InvalidRequest: the method or a header would break out of its line.
    """
    lines = [f"{_token(parcel.method)} {place.path} HTTP/1.1"]
    names = set()
    for name, value in parcel.headers:
        lower = _token(name).lower()
        if lower not in _OURS:
            lines.append(f"{name}: {value}")
            names.add(lower)
    if "host" not in names:
        lines.insert(1, f"Host: {place.authority}")
    lines.append(f"Content-Length: {len(parcel.body)}\r\n\r\n")
    if _CONTROL.search("".join([value for _, value in parcel.headers])):
        raise InvalidRequest
    try:
        payload = "\r\n".join(lines).encode() + parcel.body
    except UnicodeEncodeError as error:
        raise InvalidRequest from error
    return Request(place, parcel.method, payload)


@lru_cache(maxsize=1024)
def _token(text: str) -> str:
    if not _TOKEN.fullmatch(text):
        raise InvalidRequest
    return text


def read_reply(receive: Receive, method: str) -> Reply:
    """Read one answer to its end and keep the beginning of its body.

    :raises ConnectionResetError: the stream ended before the first byte.
    :raises InvalidAnswer: it is no HTTP answer, or ends too early.
    """
    stream = _Stream(receive)
    head = stream.head()
    while head.status < 200:
        head = stream.head()
    if method == "HEAD" or head.status in (204, 304):
        return Reply(head.status, b"", head.keeps_alive and stream.is_drained)
    if head.chunked:
        stream.keep_chunks()
    elif head.length is not None:
        stream.keep(head.length)
    else:
        stream.keep_rest()
        return Reply(head.status, bytes(stream.kept), False)
    return Reply(head.status, bytes(stream.kept), head.keeps_alive and stream.is_drained)


class _Stream:
    """Bytes that have come but are not used up, and what to keep of them."""

    __slots__ = ("_buffer", "_receive", "kept")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._buffer = receive(_BLOCK)
        self.kept = bytearray()
        if not self._buffer:
            raise ConnectionResetError("closed without an answer")

    @property
    def is_drained(self) -> bool:
        return not self._buffer

    def head(self) -> Head:
        end = self._buffer.find(b"\r\n\r\n")
        if end >= 0 and b"\n\n" not in self._buffer[:end]:
            return self._take_head(end, end + 4)
        while (found := _HEAD_END.search(self._buffer)) is None:
            if len(self._buffer) > _HEAD_LIMIT:
                raise InvalidAnswer
            self._read_more()
        return self._take_head(*found.span())

    def keep(self, length: int) -> None:
        while length > len(self._buffer):
            length -= len(self._buffer)
            self._keep(self._buffer)
            self._buffer = b""
            self._read_more()
        self._keep(self._buffer[:length])
        self._buffer = self._buffer[length:]

    def keep_chunks(self) -> None:
        while size := self._chunk_size():
            self.keep(size)
            if self._line():
                raise InvalidAnswer
        while self._line():
            pass  # trailers

    def keep_rest(self) -> None:
        self._keep(self._buffer)
        self._buffer = b""
        while more := self._receive(_BLOCK):
            self._keep(more)

    def _keep(self, piece: bytes) -> None:
        self.kept += piece[: TEXT_LIMIT - len(self.kept)]

    def _take_head(self, end: int, after: int) -> Head:
        head = _read_head(self._buffer[:end])
        self._buffer = self._buffer[after:]
        return head

    def _chunk_size(self) -> int:
        digits = self._line().partition(b";")[0].strip()
        try:
            size = int(digits, 16)
        except ValueError as error:
            raise InvalidAnswer from error
        if size < 0:
            raise InvalidAnswer
        return size

    def _line(self) -> bytes:
        while b"\n" not in self._buffer:
            if len(self._buffer) > _HEAD_LIMIT:
                raise InvalidAnswer
            self._read_more()
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.rstrip(b"\r")

    def _read_more(self) -> None:
        more = self._receive(_BLOCK)
        if not more:
            raise InvalidAnswer
        self._buffer += more


def _read_head(text: bytes) -> Head:
    lines = text.split(b"\n")
    start = _STATUS_LINE.fullmatch(lines[0].rstrip())
    if start is None:
        raise InvalidAnswer
    fields = {}
    for line in lines[1:]:
        name, _, value = line.partition(b":")
        fields[name.lower()] = value.strip().lower()
    connection = fields.get(b"connection", b"")
    keeps_alive = b"close" not in connection if start[1] == b"1" else b"keep-alive" in connection
    chunked = b"chunked" in fields.get(b"transfer-encoding", b"")
    return Head(int(start[2]), _length(fields.get(b"content-length")), chunked, keeps_alive)


def _length(value: bytes | None) -> int | None:
    if value is None:
        return None
    if not value.isdigit() or len(value) > 18:
        raise InvalidAnswer
    return int(value)
