"""Whatever is sent: the server does not fail, and what it refuses changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.app import fixture_library
from emulator.providers.rapidpro import PROVIDER
from tests.world import World

from .conftest import RapidPro
from .people import AMINA, AMINAS_NUMBER, BAKARI, MOTHERS, NOBODY, PARENTS, STAFF

texts = st.text(max_size=12) | st.sampled_from(
    ["", " ", "\0", "\ud800", "x" * 70, "Staff", "eng", "village", "tel:", AMINAS_NUMBER, "has"]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
urns = st.lists(
    st.sampled_from([AMINAS_NUMBER, "tel:0722999111", "ext:a", "telegram:7#x", "mailto:A@b.co"])
    | anything,
    max_size=4,
)
groups = st.lists(st.sampled_from([MOTHERS, STAFF, PARENTS, "staff"]) | anything, max_size=3)
fields = st.dictionaries(
    st.sampled_from(["village", "children", "due_date", "nope"]), scalars, max_size=3
)
contact_bodies = st.fixed_dictionaries(
    {},
    optional={
        "name": texts | anything,
        "language": st.sampled_from(["eng", "swa", None, "x"]) | anything,
        "urns": urns | anything,
        "groups": groups | anything,
        "fields": fields | anything,
        "note": texts | anything,
    },
)
action_bodies = st.fixed_dictionaries(
    {},
    optional={
        "contacts": st.lists(st.sampled_from([AMINA, BAKARI, AMINAS_NUMBER]) | anything, max_size=3)
        | anything,
        "action": st.sampled_from(
            ["add", "remove", "block", "unblock", "interrupt", "delete", "archive"]
        )
        | anything,
        "group": st.sampled_from([MOTHERS, "Parents"]) | anything,
    },
)
field_bodies = st.fixed_dictionaries(
    {},
    optional={
        name: texts | st.sampled_from(["text", "number", "datetime", "state"]) | anything
        for name in ("name", "type", "label", "value_type")
    },
)
queries = st.dictionaries(
    st.sampled_from(["uuid", "urn", "key", "name", "group", "after", "cursor", "deleted"]),
    st.sampled_from([AMINA, NOBODY, STAFF, AMINAS_NUMBER, "village", "x", "1", "2026-01-01"])
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    max_size=2,
)
requests = st.one_of(
    st.tuples(st.just("contacts"), contact_bodies),
    st.tuples(st.just("contact_actions"), action_bodies),
    st.tuples(st.just("groups"), st.fixed_dictionaries({"name": texts | anything})),
    st.tuples(st.just("fields"), field_bodies),
)


@pytest.fixture(scope="module")
def server():
    document = fixture_library().read("reference")
    part = {key: document[key] for key in ("emulator", "clock", "rapidpro")}
    part["settings"] = {"rate_limits": {"rapidpro": False}}
    world = World([PROVIDER], [part])
    yield RapidPro(world)
    world.emulator.close()


def contents(driver: RapidPro) -> Any:
    listed = [driver.get(name).json for name in ("contacts", "groups", "fields", "messages")]
    return listed, driver.get("contacts", deleted="1").json


def answered(driver: RapidPro, method: str, endpoint: str, body: Any, query: Any) -> None:
    before = contents(driver)
    answer = driver.call(method, endpoint, body, query=query)

    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert contents(driver) == before


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(request_=requests, query=queries)
def test_post_never_fails_and_refusals_change_nothing(server, request_, query):
    answered(server, "POST", *request_, query)


@settings(max_examples=100)
@given(endpoint=st.sampled_from(["contacts", "groups", "fields"]), query=queries)
def test_get_and_delete_never_fail(server, endpoint, query):
    answered(server, "GET", endpoint, None, query)
    answered(server, "DELETE", endpoint, None, query)
