"""Actions on messages over HTTP."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .people import BAKARI, NOBODY
from .steering import inbound


@pytest.fixture
def thanks(rapidpro):
    """Return the incoming message of the reference workspace, which is labelled Praise."""
    return rapidpro.one("messages")


def act(rapidpro, messages, action, **more):
    """Do something to messages; return the answer."""
    return rapidpro.post("message_actions", {"messages": messages, "action": action, **more})


def counts(rapidpro):
    """Return the counts of the labels by name."""
    return {label["name"]: label["count"] for label in rapidpro.items("labels")}


def labels_of(rapidpro, message):
    """Return the names of a message's labels."""
    return [label["name"] for label in rapidpro.one("messages", uuid=message["uuid"])["labels"]]


def test_label_counts_and_shows(rapidpro, thanks):
    answer = act(rapidpro, [thanks["id"]], "label", label="COMPLAINT")

    assert (answer.status_code, answer.data) == (204, b"")
    assert answer.content_type == "application/json"
    assert labels_of(rapidpro, thanks) == ["Complaint", "Praise"]
    assert counts(rapidpro) == {"Complaint": 1, "Praise": 1}


@pytest.mark.parametrize("named", ["label", "label_name"])
def test_unlabel_takes_it_off(rapidpro, thanks, named):
    assert act(rapidpro, [thanks["id"]], "unlabel", **{named: "Praise"}).status_code == 204

    assert labels_of(rapidpro, thanks) == []
    assert counts(rapidpro) == {"Complaint": 0, "Praise": 0}


def test_effective_action_moves_modified_on_and_an_idle_one_does_not(rapidpro, thanks):
    moments = []
    for action in ({"action": "restore"}, {"action": "archive"}, {"action": "archive"}):
        rapidpro.advance(1)
        act(rapidpro, [thanks["id"]], **action)
        moments.append(rapidpro.one("messages")["modified_on"][17:19])

    assert moments == ["59", "02", "02"]


def test_label_name_makes_the_label(rapidpro, thanks):
    act(rapidpro, [thanks["id"]], "label", label_name=" Brand New ")

    assert counts(rapidpro)["Brand New"] == 1


def test_label_name_respells_the_label(rapidpro, thanks):
    act(rapidpro, [thanks["id"]], "label", label_name="PRAISE")

    assert labels_of(rapidpro, thanks) == ["PRAISE"]
    assert counts(rapidpro) == {"PRAISE": 1, "Complaint": 0}


@pytest.mark.parametrize("name", ["praise", "Never Was"])
def test_unlabel_by_a_name_that_differs_does_nothing(rapidpro, thanks, name):
    answer = act(rapidpro, [thanks["id"]], "unlabel", label_name=name)

    assert answer.status_code == 204
    assert counts(rapidpro) == {"Praise": 1, "Complaint": 0}


def test_new_label_beyond_the_limit_is_silently_not_made(rapidpro, thanks):
    for n in range(248):
        assert rapidpro.post("labels", {"name": f"Label {n}"}).status_code == 201

    assert act(rapidpro, [thanks["id"]], "label", label_name="Over").status_code == 204
    assert rapidpro.items("labels", name="Over") == []
    assert act(rapidpro, [thanks["id"]], "label", label_name="LABEL 7").status_code == 204
    assert rapidpro.one("labels", name="label 7")["count"] == 1


def test_archive_and_restore_move_between_folders(rapidpro, thanks):
    act(rapidpro, [thanks["id"]], "archive")
    archived = rapidpro.one("messages", folder="archived")
    in_archive = counts(rapidpro)["Praise"]
    act(rapidpro, [thanks["id"]], "restore")

    assert (archived["visibility"], archived["archived"], in_archive) == ("archived", True, 0)
    assert rapidpro.items("messages", folder="archived") == []
    assert rapidpro.one("messages", folder="inbox")["visibility"] == "visible"
    assert counts(rapidpro)["Praise"] == 1


def test_delete_is_for_good(rapidpro, thanks):
    assert act(rapidpro, [thanks["id"], thanks["id"]], "delete").status_code == 204
    again = act(rapidpro, [thanks["id"]], "delete")

    assert rapidpro.items("messages") == []
    assert counts(rapidpro)["Praise"] == 0
    assert (again.status_code, again.json) == (200, {"failures": [thanks["id"]]})


def test_what_is_no_message_is_returned_and_the_rest_is_done(rapidpro, thanks):
    strange = [999999, thanks["uuid"], str(thanks["id"]), True]

    answer = act(rapidpro, [*strange, thanks["id"]], "archive")

    assert (answer.status_code, answer.json) == (200, {"failures": strange})
    assert rapidpro.one("messages")["archived"] is True


def test_message_of_another_workspace_is_unknown(rapidpro, thanks):
    answer = act(rapidpro.as_("rp_token_other"), [thanks["id"]], "delete")

    assert answer.json == {"failures": [thanks["id"]]}
    assert rapidpro.one("messages") == thanks


def test_message_that_is_not_handled_yet_can_be_changed(rapidpro):
    rapidpro.load(
        {
            "name": "Lakeside Health",
            "uuid": "0b8f6a52-6a55-4d0f-9a83-5b1f0c2d7e01",
            "messages": [{"id": 5005, "contact": BAKARI, "direction": "in", "status": "pending"}],
        }
    )

    assert act(rapidpro, [5005], "archive").status_code == 204


def test_outgoing_message_refuses_the_whole_call(rapidpro, thanks):
    sent = rapidpro.post("messages", {"contact": BAKARI, "text": "x"}).json["id"]

    answer = act(rapidpro, [thanks["id"], sent], "archive")

    assert answer.status_code == 400
    assert answer.json == {"messages": [f"Not an incoming message: {sent}"]}
    assert rapidpro.one("messages", uuid=thanks["uuid"])["archived"] is False


def test_form_has_ids_as_texts_so_all_fail(rapidpro, thanks):
    answer = rapidpro.call(
        "POST", "message_actions", data={"messages": str(thanks["id"]), "action": "archive"}
    )

    assert (answer.status_code, answer.json) == (200, {"failures": [str(thanks["id"])]})


NO_LABEL = 'For action "archive" you should not specify a label'
NEEDS_LABEL = 'For action "label" you should also specify a label'


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        (
            {},
            {"messages": ["This field is required."], "action": ["This field is required."]},
        ),
        (
            {"messages": [], "action": "like"},
            {"action": ['"like" is not a valid choice.']},
        ),
        ({"messages": [], "action": "label"}, {"non_field_errors": [NEEDS_LABEL]}),
        (
            {"messages": [], "action": "archive", "label": "Praise"},
            {"non_field_errors": [NO_LABEL]},
        ),
        (
            {"messages": [], "action": "label", "label": "Praise", "label_name": "x"},
            {"non_field_errors": ["Can't specify both label and label_name."]},
        ),
        (
            {"messages": [], "action": "label", "label": "nope"},
            {"label": ["No such object: nope"]},
        ),
        (
            {"messages": [], "action": "label", "label": ""},
            {"label": ["This field may not be null."]},
        ),
        (
            {"messages": [], "action": "label", "label_name": 'a"b'},
            {"label_name": ['Cannot contain the character: "']},
        ),
        (
            {"messages": 5, "action": "archive"},
            {"messages": ['Expected a list of items but got type "int".']},
        ),
        (
            {"messages": [None], "action": "archive"},
            {"messages": ["Must be a string or integer"]},
        ),
        (
            {"messages": [1.5], "action": "archive"},
            {"messages": ["Must be a string or integer"]},
        ),
        (
            {"messages": [1] * 101, "action": "archive"},
            {"messages": ["Ensure this field has no more than 100 elements."]},
        ),
    ],
)
def test_body_is_refused(rapidpro, body, errors):
    answer = rapidpro.post("message_actions", body)

    assert (answer.status_code, answer.json) == (400, errors)


def test_empty_list_does_nothing(rapidpro):
    assert act(rapidpro, [], "archive").status_code == 204


def test_credentials_are_asked_for_before_the_method(rapidpro):
    assert rapidpro.as_(None).get("message_actions").status_code == 403
    assert rapidpro.get("message_actions").status_code == 405


BODIES = st.fixed_dictionaries(
    {},
    optional={
        "messages": st.lists(
            st.integers(-2, 8) | st.none() | st.booleans() | st.text(max_size=3) | st.floats(),
            max_size=4,
        )
        | st.integers(),
        "action": st.sampled_from(["label", "unlabel", "archive", "restore", "delete", "x", None]),
        "label": st.sampled_from(["Praise", "nope", "", None, 5, NOBODY]),
        "label_name": st.text(max_size=4) | st.sampled_from(["PRAISE", "praise", None, 7]),
    },
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=BODIES)
def test_any_body_is_taken_or_refused_without_effect(rapidpro, body):
    inbound(rapidpro, "tel:+254722000222")
    before = rapidpro.items("messages"), rapidpro.items("labels")

    answer = rapidpro.post("message_actions", body)

    assert answer.status_code in (200, 204, 400)
    after = rapidpro.items("messages"), rapidpro.items("labels")
    assert answer.status_code != 400 or after == before
    for label in after[1]:
        shown = [m for m in after[0] if label["uuid"] in [x["uuid"] for x in m["labels"]]]
        assert label["count"] == sum(1 for m in shown if not m["archived"])
