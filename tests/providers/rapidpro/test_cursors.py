"""Cursors, and the links that carry them."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.providers.rapidpro.cursors import (
    MAX_OFFSET,
    Cursor,
    InvalidCursor,
    decode,
    encode,
    link,
    page_link,
)

RUNS = "http://127.0.0.1:4600/s/x/rapidpro/api/v2/runs.json"


def crafted(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("text", "cursor"),
    [
        ("", Cursor()),
        ("%%%", Cursor()),
        ("bz0yNTA=", Cursor(offset=250)),
        ("bz%0yNTA=\n", Cursor(offset=250)),
        ("cj0x", Cursor(reverse=True)),
        ("cD05MDAx", Cursor(position="9001")),
        ("bz05OTk5OTk5", Cursor(offset=MAX_OFFSET)),
        (crafted("p="), Cursor(position="")),
        (crafted("r=0&o=1&o=2&x=3"), Cursor(offset=1)),
        (
            crafted("o=3&r=1&p=2026-03-04+09%3A00%3A00%2B00%3A00"),
            Cursor(position="2026-03-04 09:00:00+00:00", offset=3, reverse=True),
        ),
    ],
)
def test_what_clients_send(text, cursor):
    assert decode(text) == cursor


@pytest.mark.parametrize(
    "text",
    ["abc", "é", crafted("é"), crafted("o=-1"), crafted("o=x"), crafted("o="), crafted("r=x")],
)
def test_what_is_no_cursor(text):
    with pytest.raises(InvalidCursor, match=r"^Invalid cursor$"):
        decode(text)


def test_cursor_is_written_like_the_real_ones():
    assert encode(Cursor(offset=250)) == "bz0yNTA="
    assert base64.b64decode(encode(Cursor(position="a b", offset=2, reverse=True))) == (
        b"o=2&r=1&p=a+b"
    )


cursors = st.builds(
    Cursor,
    position=st.none() | st.text(),
    offset=st.integers(0, MAX_OFFSET),
    reverse=st.booleans(),
)


@given(cursors)
def test_cursor_survives_the_way_to_a_client_and_back(cursor):
    assert decode(encode(cursor)) == cursor


@given(st.text(st.characters()) | st.binary().map(lambda raw: base64.b64encode(raw).decode()))
def test_any_text_is_a_cursor_or_refused(text):
    try:
        cursor = decode(text)
    except InvalidCursor:
        return
    assert 0 <= cursor.offset <= MAX_OFFSET


@pytest.mark.parametrize(
    ("query", "address"),
    [
        ([], f"{RUNS}?cursor=bz0yNTA%3D"),
        (
            [("responded", "1"), ("flow", "abc")],
            f"{RUNS}?cursor=bz0yNTA%3D&flow=abc&responded=1",
        ),
        (
            [("zeta", ""), ("alpha", "ü &"), ("cursor", "cj0x"), ("cursor", "")],
            f"{RUNS}?alpha=%C3%BC+%26&cursor=bz0yNTA%3D&zeta=",
        ),
        (
            [("uuid", "b"), ("after", "2026-03-03T00:04:00Z"), ("uuid", "a")],
            f"{RUNS}?after=2026-03-03T00%3A04%3A00Z&cursor=bz0yNTA%3D&uuid=b&uuid=a",
        ),
        ([("name", "\ud800")], f"{RUNS}?cursor=bz0yNTA%3D&name=%3F"),
    ],
)
def test_link_keeps_the_query_and_sorts_it(query, address):
    assert page_link(RUNS, tuple(query), Cursor(offset=250)) == address


def test_link_takes_parameters_out():
    query = [("offset", "5"), ("limit", "2")]

    assert link(RUNS, query, {"limit": 250, "offset": None}) == f"{RUNS}?limit=250"
    assert link(RUNS, query, {"limit": None, "offset": None}) == RUNS
