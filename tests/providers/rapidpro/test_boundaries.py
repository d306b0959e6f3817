"""The places of a workspace."""

from __future__ import annotations

import pytest

from .people import LAKESIDE
from .test_campaigns import strictly

SHAPE = {"type": "MultiPolygon", "coordinates": [[[[39.6, -4.0], [39.7, -4.0], [39.6, -4.1]]]]}
PLACES = [
    {"osm_id": "R3495554", "geometry": SHAPE, "aliases": ["The Island", "Mvita"]},
    {"osm_id": "R10", "name": "Nyali", "level": 2, "parent": "R3495554"},
    {"osm_id": "R8", "name": "Loose", "level": 1},
]


@pytest.fixture
def places(rapidpro):
    rapidpro.load({**LAKESIDE, "boundaries": PLACES})
    return rapidpro


def test_the_country_and_all_below_by_id(places):
    shown = places.items("boundaries")

    assert [place["osm_id"] for place in shown] == ["192798", "R10", "R3495554"]
    assert [(place["name"], place["level"]) for place in shown] == [
        ("Kenya", 0),
        ("Nyali", 2),
        ("Mombasa", 1),
    ]
    assert [place["parent"] for place in shown] == [
        None,
        {"osm_id": "R3495554", "name": "Mombasa"},
        {"osm_id": "192798", "name": "Kenya"},
    ]
    assert list(shown[0]) == ["osm_id", "name", "parent", "level", "aliases", "geometry"]
    assert shown[2]["aliases"] == ["Mvita", "The Island"]


@pytest.mark.parametrize(
    ("query", "is_shown", "warns"),
    [
        ({}, True, False),
        ({"geometry": "1"}, True, False),
        ({"geometry": "true"}, True, False),
        ({"geometry": ""}, True, False),
        ({"geometry": "0"}, False, True),
        ({"geometry": "no"}, False, True),
    ],
)
def test_shapes_are_shown_unless_they_are_not_wanted(places, query, is_shown, warns):
    answer = places.get("boundaries", **query)

    assert answer.json["results"][2]["geometry"] == (SHAPE if is_shown else None)
    assert ("X-Emulator-Warning" in answer.headers) is warns


def test_the_newest_server_always_shows_shapes(places):
    strictly(places)

    answer = places.get("boundaries", geometry="0")

    assert answer.json["results"][2]["geometry"] == SHAPE
    assert "X-Emulator-Warning" not in answer.headers


def test_without_a_country_there_is_nothing(rapidpro):
    other = rapidpro.as_("rp_token_other")
    rapidpro.load(
        {"name": "Other Clinic", "boundaries": [{"osm_id": "R1", "name": "Utah", "level": 1}]}
    )

    assert other.items("boundaries") == []


def test_pages_cover_all_places_once(rapidpro):
    more = [
        {"osm_id": f"R{n}", "name": f"Ward {n}", "level": 2, "parent": "R3495554"}
        for n in range(600)
    ]
    rapidpro.load({**LAKESIDE, "boundaries": more})

    ids = [place["osm_id"] for place in rapidpro.items("boundaries")]

    assert len(ids) == 602
    assert ids == sorted(set(ids))


def test_other_parameters_filter_nothing(places):
    assert len(places.items("boundaries", osm_id="R10", level="2")) == 3
