"""Archives, their pages and their files."""

from __future__ import annotations

import gzip
import hashlib
import json
from urllib.parse import parse_qs, urlsplit

import pytest

from .people import LAKESIDE

HASH = "0f3a7c1be0c64b1f9d2e6a5b8c7d9e01"
MORE = [
    {"type": "message", "period": "daily", "start_date": "2026-04-30", "record_count": 0},
    {
        "type": "run",
        "period": "daily",
        "start_date": "2026-04-29",
        "record_count": 7,
        "size": 417,
        "hash": HASH,
    },
    {"type": "run", "period": "monthly", "start_date": "2026-02-01", "records": [{"id": 1}]},
    {
        "type": "message",
        "period": "daily",
        "start_date": "2026-03-05",
        "record_count": 3,
        "rolled_up": True,
    },
]


@pytest.fixture
def many(rapidpro):
    rapidpro.load({**LAKESIDE, "archives": MORE})
    return rapidpro


def dates(answer):
    return [archive["start_date"] for archive in answer.json["results"]]


def download(rapidpro, url):
    return rapidpro.as_(None).get(url)


def test_archives_are_counted_and_shown(rapidpro):
    answer = rapidpro.get("archives")

    assert {key: answer.json[key] for key in ("count", "next", "previous")} == {
        "count": 1,
        "next": None,
        "previous": None,
    }
    (shown,) = answer.json["results"]
    assert list(shown) == [
        "type",
        "start_date",
        "period",
        "record_count",
        "size",
        "hash",
        "download_url",
        "archive_type",
    ]
    assert (shown["type"], shown["archive_type"]) == ("message", "message")
    assert (shown["start_date"], shown["period"]) == ("2026-03-01", "monthly")
    assert shown["record_count"] == 2


def test_the_file_is_what_the_archive_says(rapidpro):
    (shown,) = rapidpro.get("archives").json["results"]

    file = download(rapidpro, shown["download_url"])

    assert (file.status_code, len(file.data)) == (200, shown["size"])
    assert hashlib.md5(file.data, usedforsecurity=False).hexdigest() == shown["hash"]
    lines = [json.loads(line) for line in gzip.decompress(file.data).splitlines()]
    assert [line["text"] for line in lines] == ["When do you open?", "At 8 every morning"]
    assert "message_M20260301.jsonl.gz" in file.headers["Content-Disposition"]


def test_a_link_lasts_a_day(rapidpro):
    url = rapidpro.get("archives").json["results"][0]["download_url"]

    rapidpro.advance(86_400)
    still = download(rapidpro, url)
    rapidpro.advance(1)
    over = download(rapidpro, url)
    fresh = download(rapidpro, rapidpro.get("archives").json["results"][0]["download_url"])

    assert (still.status_code, over.status_code, fresh.status_code) == (200, 403, 200)
    assert "/api/v2/archives.json has new ones" in over.headers["X-Emulator-Hint"]


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        ("Signature=", "Signature=0", 403),
        ("Expires=1", "Expires=9", 403),
        ("Expires=1", "Expires=x", 403),
        ("message_M2", "run_M2", 404),
        ("?", "?x=", 403),
    ],
)
def test_a_link_cannot_be_made_up(rapidpro, old, new, status):
    url = rapidpro.get("archives").json["results"][0]["download_url"]

    assert download(rapidpro, url.replace(old, new, 1)).status_code == status


def test_what_has_no_records_has_no_file(many):
    shown = many.get("archives").json["results"][0]

    assert (shown["record_count"], shown["hash"], shown["download_url"]) == (0, None, None)


def test_a_file_of_which_only_the_hash_is_known_is_drawn(many):
    shown = many.get("archives", type="run", period="daily").json["results"][0]

    file = download(many, shown["download_url"])

    assert (shown["size"], shown["hash"]) == (417, HASH)
    lines = [json.loads(line) for line in gzip.decompress(file.data).splitlines()]
    assert len(lines) == 7
    assert list(lines[0]) == [
        "id",
        "uuid",
        "flow",
        "contact",
        "responded",
        "path",
        "values",
        "created_on",
        "modified_on",
        "exited_on",
        "exit_type",
    ]
    assert lines[1]["created_on"] == "2026-04-29T00:00:01+00:00"
    assert download(many, shown["download_url"]).data == file.data


ALL = ["2026-04-30", "2026-04-29", "2026-03-01", "2026-02-01"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ALL),
        ({"type": "run"}, ["2026-04-29", "2026-02-01"]),
        ({"archive_type": "run"}, ["2026-04-29", "2026-02-01"]),
        ({"type": "message", "archive_type": "run"}, ["2026-04-30", "2026-03-01"]),
        ({"type": "", "archive_type": "run"}, ["2026-04-29", "2026-02-01"]),
        ({"type": "video"}, []),
        ({"period": "monthly"}, ["2026-03-01", "2026-02-01"]),
        ({"period": "daily"}, ["2026-04-30", "2026-04-29"]),
        ({"period": "yearly"}, ALL),
        ({"after": "2026-04-29"}, ["2026-04-30", "2026-04-29"]),
        ({"after": "2026-04-29T23:00:00Z"}, ["2026-04-30", "2026-04-29"]),
        ({"before": "2026-03-01"}, ["2026-03-01", "2026-02-01"]),
        ({"before": "junk"}, []),
        ({"before": ""}, ALL),
        ({"limit": "0"}, ALL),
        ({"limit": "abc"}, ALL),
        ({"limit": "-1"}, ALL),
        ({"offset": "-3"}, ALL),
        ({"offset": "abc"}, ALL),
        ({"limit": "1", "offset": "1"}, ["2026-04-29"]),
    ],
)
def test_filters_and_pages(many, query, expected):
    assert dates(many.get("archives", **query)) == expected


def link(url):
    return None if url is None else {k: v[0] for k, v in parse_qs(urlsplit(url).query).items()}


@pytest.mark.parametrize(
    ("query", "following", "previous"),
    [
        ({"limit": "3"}, {"limit": "3", "offset": "3"}, None),
        ({"limit": "2", "offset": "2"}, None, {"limit": "2"}),
        (
            {"limit": "1", "offset": "2"},
            {"limit": "1", "offset": "3"},
            {"limit": "1", "offset": "1"},
        ),
        ({"offset": "99"}, None, {"limit": "250"}),
        ({"offset": "9" * 25, "limit": "9" * 25}, None, {"limit": "9" * 25}),
    ],
)
def test_links_to_other_pages(many, query, following, previous):
    answer = many.get("archives", **query).json

    assert answer["count"] == 4
    assert (link(answer["next"]), link(answer["previous"])) == (following, previous)


def test_links_keep_the_other_parameters(many):
    answer = many.get("archives", limit="1", type="run", x="").json

    assert answer["next"].endswith("/api/v2/archives.json?limit=1&offset=1&type=run&x=")


def test_another_workspace_has_none_of_them(rapidpro):
    assert rapidpro.as_("rp_token_other").get("archives").json["count"] == 0
