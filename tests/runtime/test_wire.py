import pytest

from emulator.core.sending import Parcel
from emulator.runtime.destinations import read_url
from emulator.runtime.wire import InvalidAnswer, InvalidRequest, read_reply, write_request

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
URL = "http://127.0.0.1:8080/hook?a=b"


def written(*headers, body=b"{}", method="POST"):
    return write_request(Parcel(URL, headers, body, method), read_url(URL)).payload


def pieces(text, size):
    """Return a receive function that hands out a text in pieces."""
    left = [text[at : at + size] for at in range(0, len(text), size)]
    return lambda _limit: left.pop(0) if left else b""


def test_request_is_one_block_with_the_headers_as_given():
    assert written(("X-Sign", "é=1"), ("Content-Type", "application/json"), body=b'{"a":1}') == (
        b"POST /hook?a=b HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nX-Sign: \xc3\xa9=1\r\n"
        b'Content-Type: application/json\r\nContent-Length: 7\r\n\r\n{"a":1}'
    )


def test_framing_headers_of_a_user_are_replaced_by_ours():
    payload = written(("content-length", "0"), ("Transfer-Encoding", "chunked"), body=b"abc")

    assert payload == (
        b"POST /hook?a=b HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nContent-Length: 3\r\n\r\nabc"
    )


def test_given_host_header_is_the_only_one():
    assert written(("Host", "other.test")).count(b"ost: ") == 1


@pytest.mark.parametrize(
    "header",
    [
        ("X-A", "1\r\nX-B: 2"),
        ("X-A", "1\n"),
        ("X-A", "1\r"),
        ("X-A", "\x00"),
        ("X-A: 1\r\nX-B", "2"),
        ("X A", "1"),
        ("", "1"),
        ("X-\u00e9", "1"),
        ("X-A", "\ud800"),
    ],
)
def test_header_that_would_break_out_of_its_line_is_refused(header):
    with pytest.raises(InvalidRequest):
        written(header)


def test_method_that_would_break_out_of_its_line_is_refused():
    with pytest.raises(InvalidRequest):
        written(method="POST / HTTP/1.1\r\nX: ")


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize(
    ("text", "status", "body", "reusable"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, b"ok", True),
        (b"HTTP/1.1 200\r\ncontent-length:0\r\n\r\n", 200, b"", True),
        (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", 200, b"ok", True),
        (b"HTTP/1.1 200 OK\nContent-Length: 8\n\nab\r\n\r\ncd", 200, b"ab\r\n\r\ncd", True),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", True),
        (b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", 302, b"", True),
        (b"HTTP/1.1 500 No\r\nConnection: Close\r\nContent-Length: 1\r\n\r\n!", 500, b"!", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, b"ok", False),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", 200, b"", True),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", 200, b"until the end", False),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 X\r\n\r\n", 204, b"", True),
        (
            CHUNKED + b"3;x=y\r\nabc\r\n0a\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\n",
            200,
            b"abc0123456789",
            True,
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n" + b"x" * 70_000,
            200,
            b"x" * 65_536,
            True,
        ),
    ],
)
def test_answer_is_read_to_its_end(text, status, body, reusable, size):
    reply = read_reply(pieces(text, size), "POST")

    assert (reply.status, reply.body, reply.reusable) == (status, body, reusable)


def test_connection_with_something_left_over_is_not_reused():
    text = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n"

    assert not read_reply(pieces(text, 1000), "POST").reusable


def test_answer_to_head_has_no_body():
    text = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"

    assert read_reply(pieces(text, 1000), "HEAD").body == b""


@pytest.mark.parametrize(
    "text",
    [
        b"220 mail.test ESMTP\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Len",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\na",
        CHUNKED + b"zz\r\n",
        CHUNKED + b"-1\r\n",
        CHUNKED + b"2\r\nabc\r\n0\r\n\r\n",
        CHUNKED + b"2\r\nab\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 30_000,
        CHUNKED + b"0" * 200_000,
    ],
)
def test_what_is_no_whole_answer_is_refused(text):
    with pytest.raises(InvalidAnswer):
        read_reply(pieces(text, 4096), "POST")


def test_end_before_the_first_byte_is_a_reset():
    with pytest.raises(ConnectionResetError):
        read_reply(pieces(b"", 1), "POST")
