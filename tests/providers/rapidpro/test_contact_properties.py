"""Whatever is sent: the server does not fail, and what it refuses changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from emulator.app import fixture_library
from emulator.providers.rapidpro import PROVIDER
from tests.world import World

from .conftest import RapidPro
from .people import AMINA, AMINAS_NUMBER, BAKARI, MOTHERS, NOBODY, STAFF

texts = st.text(max_size=12) | st.sampled_from(
    ["", " ", "\0", "\ud800", "x" * 70, "Staff", "eng", "village", "tel:", AMINAS_NUMBER, "has"]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def bodies(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Bodies of which most are fine, and in the others one field is anything at all."""
    fine, some = st.fixed_dictionaries(fields), st.fixed_dictionaries({}, optional=fields)
    spoilt = st.tuples(fine, st.sampled_from(sorted(fields)), anything)
    return fine | some | spoilt.map(lambda drawn: {**drawn[0], drawn[1]: drawn[2]})


urns = st.sampled_from([AMINAS_NUMBER, "tel:0722999111", "ext:a", "telegram:7#x", "mailto:A@b.co"])
groups = st.sampled_from([MOTHERS, STAFF, "staff"])
names = st.text("abc -12", min_size=1, max_size=9) | texts
contact_bodies = bodies(
    name=names,
    language=st.sampled_from(["eng", "swa", None]),
    urns=st.lists(urns, max_size=3),
    groups=st.lists(groups, max_size=3),
    fields=st.dictionaries(st.sampled_from(["village", "children", "due_date"]), texts),
    note=texts,
)
acted_on = st.lists(st.sampled_from([AMINA, BAKARI, AMINAS_NUMBER]), min_size=1, max_size=3)
plain_actions = ("block", "unblock", "interrupt", "archive", "archive_messages", "delete")
action_bodies = bodies(
    contacts=acted_on, action=st.sampled_from(["add", "remove"]), group=groups
) | bodies(contacts=acted_on, action=st.sampled_from(plain_actions))
types = ("text", "number", "datetime", "state", "district", "ward")
field_bodies = bodies(name=names, type=st.sampled_from(types)) | bodies(
    label=names, value_type=st.sampled_from(types)
)
queries = st.dictionaries(
    st.sampled_from(["uuid", "urn", "key", "name", "group", "after", "cursor", "deleted"]),
    st.sampled_from([AMINA, NOBODY, STAFF, AMINAS_NUMBER, "village", "x", "1", "2026-01-01"])
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    max_size=2,
)
targets: st.SearchStrategy[dict[str, str]] = st.just({}) | queries
requests = st.one_of(
    st.tuples(
        st.just("contacts"),
        contact_bodies,
        st.sampled_from([{}, {"uuid": AMINA}, {"uuid": BAKARI}, {"urn": "tel:0722777888"}])
        | targets,
    ),
    st.tuples(st.just("contact_actions"), action_bodies, targets),
    st.tuples(st.just("groups"), bodies(name=names), targets | st.just({"uuid": STAFF})),
    st.tuples(st.just("fields"), field_bodies, targets | st.just({"key": "village"})),
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
    driver.world.emulator.reset("default")
    before = contents(driver)
    answer = driver.call(method, endpoint, body, query=query)

    event(f"{method} {endpoint}: {answer.status_code}")
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert contents(driver) == before


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(request_=requests)
def test_post_never_fails_and_refusals_change_nothing(server, request_):
    answered(server, "POST", *request_)


@settings(max_examples=100)
@given(endpoint=st.sampled_from(["contacts", "groups", "fields"]), query=queries)
def test_get_and_delete_never_fail(server, endpoint, query):
    answered(server, "GET", endpoint, None, query)
    answered(server, "DELETE", endpoint, None, query)
