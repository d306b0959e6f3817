"""Runs over HTTP: how they look, which are listed, in which order."""

from __future__ import annotations

from typing import Any

import pytest

from .flowing import LANGUAGE, enter, flow_called, make_flow
from .people import AMINA, AMINAS_NUMBER, BAKARI, DAUDI, LAKESIDE, MASKED, MAX, NOBODY
from .steering import inbound, steer

KEYS = (
    "uuid",
    "flow",
    "contact",
    "start",
    "responded",
    "path",
    "values",
    "created_on",
    "modified_on",
    "exited_on",
    "exit_type",
    "id",
)
NODE = LANGUAGE["node_uuids"][0]
FIRST: dict[str, Any] = {
    "uuid": "396af235-7248-45a5-af74-f3f89b95fc69",
    "id": 700,
    "flow": "Survey",
    "contact": AMINA,
    "responded": True,
    "path": [{"node": NODE, "time": "2026-02-08T05:00:01.1Z"}],
    "values": {
        "language_choice": {
            "name": "Language Choice",
            "value": "2",
            "category": "Swahili",
            "node": NODE,
            "time": "2026-02-08T05:02:10.00045Z",
            "input": "2",
        }
    },
    "created_on": "2026-02-08T05:00:01Z",
    "modified_on": "2026-02-08T05:02:11Z",
    "exit_type": "completed",
}


@pytest.fixture
def stored(rapidpro):
    """Return a driver of a workspace with three runs, 700 to 702."""
    make_flow(rapidpro, "Other")
    runs = [
        FIRST,
        {"id": 701, "flow": "Survey", "contact": BAKARI, "modified_on": "2026-02-08T06:00:00Z"},
        {"id": 702, "flow": "Other", "contact": AMINA, "modified_on": "2026-02-08T04:00:00Z"},
    ]
    rapidpro.load({**LAKESIDE, "runs": runs})
    return rapidpro


def ids(rapidpro, **query):
    return [run["id"] for run in rapidpro.items("runs", **query)]


def test_run_is_shown_with_all_its_parts(stored):
    run = stored.one("runs", uuid=FIRST["uuid"])

    assert tuple(run) == KEYS
    assert run["flow"] == {"uuid": flow_called(stored, "Survey")["uuid"], "name": "Survey"}
    assert run["contact"] == {
        "uuid": AMINA,
        "name": "Amina Yusuf",
        "urn": AMINAS_NUMBER,
        "urn_display": "0722 000111",
    }
    assert (run["start"], run["responded"], run["exit_type"]) == (None, True, "completed")
    assert run["path"] == [{"node": NODE, "time": "2026-02-08T05:00:01.100000Z"}]
    assert run["values"] == {
        "language_choice": {
            "name": "Language Choice",
            "value": "2",
            "category": "Swahili",
            "node": NODE,
            "time": "2026-02-08T05:02:10.000450Z",
        }
    }
    assert run["exited_on"] == run["modified_on"] == "2026-02-08T05:02:11.000000Z"


def test_new_run_knows_its_start_and_carries_the_time(rapidpro):
    start = enter(rapidpro, make_flow(rapidpro, "Plain"), BAKARI)

    run = rapidpro.one("runs")
    assert run["start"] == {"uuid": start["uuid"]}
    assert run["uuid"][14] == "7"


def test_contact_without_address_has_none(rapidpro):
    somebody = {"name": "No Address", "uuid": NOBODY}
    runs = [{"flow": "Survey", "contact": NOBODY}]
    rapidpro.load({**LAKESIDE, "contacts": [somebody], "runs": runs})

    contact = rapidpro.one("runs")["contact"]
    assert (contact["urn"], contact["urn_display"]) == (None, None)


def test_anonymous_workspace_masks_addresses(rapidpro):
    runs = [{"flow": "Masked Flow", "contact": MAX}]
    rapidpro.load({**MASKED, "flows": [{"name": "Masked Flow"}], "runs": runs})

    contact = rapidpro.as_("masked_token").one("runs")["contact"]
    ref = rapidpro.as_("masked_token").one("contacts")["ref"]
    assert contact == {
        "uuid": MAX,
        "name": "Max Masked",
        "urn": "tel:********",
        "urn_display": None,
        "ref": ref,
        "anon_display": ref,
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, [701, 700, 702]),
        ({"reverse": "1"}, [702, 700, 701]),
        ({"uuid": FIRST["uuid"]}, [700]),
        ({"uuid": FIRST["uuid"].replace("-", "")}, [700]),
        ({"uuid": NOBODY}, []),
        ({"id": "701"}, [701]),
        ({"id": "0"}, [701, 700, 702]),
        ({"id": "999"}, []),
        ({"id": "701", "uuid": FIRST["uuid"]}, []),
        ({"contact": AMINA}, [700, 702]),
        ({"contact": "x"}, []),
        ({"contact": NOBODY}, []),
        ({"contact": ""}, [701, 700, 702]),
        ({"flow": NOBODY}, []),
        ({"responded": "true"}, [700]),
        ({"responded": "0"}, [701, 700, 702]),
        ({"responded": "1", "contact": BAKARI}, []),
        ({"responded": "1", "id": "701"}, []),
        ({"after": "2026-02-08T05:02:11Z"}, [701, 700]),
        ({"before": "2026-02-08T05:02:11Z"}, [700, 702]),
        ({"before": "never"}, []),
        ({"id": "700", "before": "2026-01-01"}, []),
        ({"uuid": FIRST["uuid"], "contact": BAKARI}, []),
    ],
)
def test_filters(stored, query, found):
    assert ids(stored, **query) == found


def test_runs_of_one_flow(stored):
    survey, other = (flow_called(stored, name)["uuid"] for name in ("Survey", "Other"))

    assert ids(stored, flow=survey) == [701, 700]
    assert ids(stored, flow=survey, responded="y") == [700]
    assert ids(stored, flow=other) == [702]
    stored.load({**LAKESIDE, "flows": [{"uuid": other, "name": "Other", "deleted": True}]})
    assert ids(stored, flow=other) == []


def test_answered_run_is_listed_as_responded(rapidpro):
    enter(rapidpro, flow_called(rapidpro, "Survey")["uuid"], BAKARI, DAUDI)

    inbound(rapidpro, "+254722000222")

    assert rapidpro.one("runs", responded="1")["contact"]["uuid"] == BAKARI


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ({"uuid": "x"}, "Param 'uuid': x is not a valid UUID."),
        ({"flow": "x"}, "Param 'flow': x is not a valid UUID."),
        ({"flow": ""}, "Param 'flow':  is not a valid UUID."),
        ({"id": "1.5"}, "Value for id must be an integer"),
        ({"id": ""}, "Value for id must be an integer"),
        (
            {"contact": "x", "flow": NOBODY},
            "You may only specify one of the contact, flow parameters",
        ),
    ],
)
def test_refused_filters(rapidpro, query, detail):
    answer = rapidpro.get("runs", **query)

    assert (answer.status_code, answer.json) == (400, {"detail": detail})


@pytest.mark.parametrize(
    ("query", "has_path"),
    [
        ({}, True),
        ({"paths": "true"}, True),
        ({"paths": "Y"}, True),
        ({"paths": "false"}, False),
        ({"paths": "0"}, False),
        ({"paths": ""}, False),
        ({"paths": "banana"}, False),
    ],
)
def test_paths_can_be_left_out(stored, query, has_path):
    run = stored.one("runs", uuid=FIRST["uuid"], **query)

    assert (run["path"] is not None) == has_path


def test_another_workspaces_runs_do_not_exist(stored):
    other = stored.as_("rp_token_other")

    assert other.items("runs") == []
    assert other.items("runs", uuid=FIRST["uuid"]) == []
    assert other.items("runs", contact=AMINA) == []
    assert other.items("runs", flow=flow_called(stored, "Survey")["uuid"]) == []


def test_runs_of_one_moment_are_all_listed_once(rapidpro):
    people = [{"urns": [f"tel:+254711{n:06}"]} for n in range(300)]
    at = "2026-03-04T00:00:00Z"
    runs = [
        {"flow": "Survey", "contact": f"tel:+254711{n:06}", "id": 1000 + n, "created_on": at}
        for n in range(300)
    ]
    rapidpro.load({**LAKESIDE, "contacts": people, "runs": runs})

    assert ids(rapidpro) == list(range(1299, 999, -1))


def test_runs_have_a_rate_limit_of_their_own(rapidpro):
    rapidpro.load({**LAKESIDE, "api_rates": {"v2.runs": "1/hour"}})
    rapidpro.world.call(
        "PATCH",
        "/_emulator/sandboxes/default/settings",
        {"rate_limits": {"rapidpro": True}},
    )

    answers = [rapidpro.get(name).status_code for name in ("runs", "flows", "runs")]

    assert answers == [200, 200, 429]


def test_runs_cannot_be_made(rapidpro):
    answer = rapidpro.post("runs", {})

    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")


def test_runs_outlive_a_snapshot(rapidpro):
    ask = {"wait": True, "results": {"language_choice": {}}}
    enter(rapidpro, make_flow(rapidpro, "Ask", ask, expires=60), BAKARI, DAUDI)
    inbound(rapidpro, "+254722000222", "2")
    before = rapidpro.items("runs")

    saved = steer(rapidpro, "GET", "snapshot").json
    rapidpro.advance(7200)
    assert steer(rapidpro, "PUT", "snapshot", saved).status_code == 200

    assert rapidpro.items("runs") == before
    rapidpro.advance(7200)
    assert rapidpro.one("runs", contact=DAUDI)["exit_type"] == "expired"
