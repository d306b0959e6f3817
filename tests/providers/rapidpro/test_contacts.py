"""Contacts over HTTP."""

from __future__ import annotations

import pytest

from .people import (
    AMINA,
    AMINAS_NUMBER,
    BAKARI,
    BAKARIS_NUMBER,
    DAUDI,
    ESTHER,
    LAKESIDE,
    MASKED,
    MAX,
    MOTHERS,
    NAMELESS,
    NEW_NUMBER,
    NOBODY,
    PARENTS,
    STAFF,
    names,
)

KEYS = [
    "uuid",
    "name",
    "status",
    "language",
    "urns",
    "groups",
    "notes",
    "fields",
    "flow",
    "created_on",
    "modified_on",
    "last_seen_on",
    "blocked",
    "stopped",
]


def test_contact_is_shown_with_everything_known_of_it(rapidpro):
    amina = rapidpro.one("contacts", uuid=AMINA)

    assert list(amina) == KEYS
    assert amina["urns"] == [AMINAS_NUMBER, "telegram:99120045"]
    assert amina["groups"] == [
        {"uuid": MOTHERS, "name": "Mothers"},
        {"uuid": PARENTS, "name": "Parents"},
    ]
    assert amina["fields"] == {
        "due_date": "2026-06-01T00:00:00+03:00",
        "children": "2",
        "village": "Eastpoint",
    }
    assert (amina["status"], amina["blocked"], amina["stopped"]) == ("active", False, False)


def test_list_starts_with_what_changed_last(rapidpro):
    rapidpro.advance(1)
    rapidpro.post("contacts", {"name": "Daudi K"}, uuid=DAUDI)

    assert rapidpro.items("contacts")[0]["uuid"] == DAUDI
    assert rapidpro.items("contacts", reverse="1")[-1]["uuid"] == DAUDI


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"uuid": BAKARI.upper()}, [BAKARI]),
        ({"uuid": NOBODY}, []),
        ({"urn": "tel:0722 000 111"}, [AMINA]),
        ({"urn": "telegram:99120045"}, [AMINA]),
        ({"urn": "tel:xyz"}, []),
        ({"group": "Staff"}, [BAKARI]),
        ({"group": STAFF}, [BAKARI]),
        ({"group": "staff"}, []),
        ({"group": "Open Tickets"}, [BAKARI]),
        ({"group": "Nope"}, []),
        ({"uuid": AMINA, "urn": AMINAS_NUMBER}, [AMINA]),
        ({"uuid": AMINA, "urn": BAKARIS_NUMBER}, []),
        ({"uuid": BAKARI, "group": "Staff"}, [BAKARI]),
        ({"uuid": AMINA, "group": "Staff"}, []),
        ({"uuid": AMINA, "after": "2030-01-01"}, []),
        ({"uuid": AMINA, "before": "2030-01-01"}, [AMINA]),
        ({"after": "bad"}, []),
        ({"deleted": "1"}, []),
        ({"urn": AMINAS_NUMBER, "deleted": "1"}, []),
    ],
)
def test_filters_leave_what_fits_all_of_them(rapidpro, query, expected):
    assert [contact["uuid"] for contact in rapidpro.items("contacts", **query)] == expected


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ({"uuid": "x"}, "Param 'uuid': x is not a valid UUID."),
        ({"uuid": ""}, "Param 'uuid':  is not a valid UUID."),
        ({"urn": "12345"}, "Invalid URN: 12345"),
        ({"urn": "tel:"}, "Invalid URN: tel:"),
        ({"urn": "TELEGRAM:99120045"}, "Invalid URN: TELEGRAM:99120045"),
    ],
)
def test_senseless_filters_are_refused(rapidpro, query, detail):
    answer = rapidpro.get("contacts", **query)

    assert (answer.status_code, answer.json) == (400, {"detail": detail})


def test_empty_body_makes_an_empty_contact(rapidpro):
    answer = rapidpro.post("contacts")

    assert answer.status_code == 201
    assert answer.json["name"] is None
    assert answer.json["urns"] == answer.json["groups"] == answer.json["notes"] == []
    assert answer.json["fields"] == {"due_date": None, "children": None, "village": None}
    assert rapidpro.one("contacts", uuid=answer.json["uuid"]) == answer.json


def test_contact_is_made_with_all_that_is_given(rapidpro):
    body = {
        "name": "  Gita Rao ",
        "language": "hin",
        "urns": ["tel:0722-222-001", "telegram:55512345"],
        "groups": ["staff", MOTHERS],
        "fields": {"children": "007.50", "village": "Hill", "due_date": "31/12/2026 15:30"},
        "note": "passed over",
        "unknown": 1,
    }
    gita = rapidpro.post("contacts", body).json

    assert (gita["name"], gita["language"]) == ("Gita Rao", "hin")
    assert gita["urns"] == ["tel:+254722222001", "telegram:55512345"]
    assert names(gita["groups"]) == ["Mothers", "Staff", "Parents"]
    assert gita["fields"] == {
        "children": "7.5",
        "village": "Hill",
        "due_date": "2026-12-31T15:30:00+03:00",
    }
    assert gita["notes"] == []


LONG_URN = "ext:" + "x" * 300
REFUSED = [
    ({"name": ""}, {"name": ["This field may not be blank."]}),
    ({"name": "x" * 65}, {"name": ["Ensure this field has no more than 64 characters."]}),
    ({"name": ["x"]}, {"name": ["Not a valid string."]}),
    ({"name": "Nul\0"}, {"name": ["Null characters are not allowed."]}),
    ({"language": "en"}, {"language": ["Ensure this field has at least 3 characters."]}),
    ({"language": "engl"}, {"language": ["Ensure this field has no more than 3 characters."]}),
    ({"language": "qqq"}, {"language": ["Not a valid ISO639-3 language code."]}),
    ({"language": ""}, {"language": ["This field may not be blank."]}),
    ({"urns": NEW_NUMBER}, {"urns": ['Expected a list of items but got type "str".']}),
    ({"urns": None}, {"urns": ["This field may not be null."]}),
    ({"urns": [NEW_NUMBER] * 101}, {"urns": ["Ensure this field has no more than 100 elements."]}),
    (
        {"urns": [NEW_NUMBER, "foo:bar", 5]},
        {
            "urns": {
                "1": ["Invalid URN: foo:bar. Ensure phone numbers contain country codes."],
                "2": ["Invalid URN: 5. Ensure phone numbers contain country codes."],
            }
        },
    ),
    ({"urns": [None]}, {"urns": {"0": ["This field may not be null."]}}),
    ({"urns": [" "]}, {"urns": {"0": ["This field may not be blank."]}}),
    ({"urns": [LONG_URN]}, {"urns": {"0": ["Ensure this field has no more than 255 characters."]}}),
    (
        {"urns": [NEW_NUMBER, BAKARIS_NUMBER]},
        {"urns": {"1": ["URN is in use by another contact."]}},
    ),
    ({"urns": ["jiochat:abc"]}, {"urns": {"0": ["URN is not valid."]}}),
    ({"groups": "Staff"}, {"groups": ['Expected a list of items but got type "str".']}),
    ({"groups": ["Nope", "Nada"]}, {"groups": ["No such object: Nope"]}),
    ({"groups": [None]}, {"groups": ["Must be a string or integer"]}),
    ({"groups": [{"uuid": STAFF}]}, {"groups": ["Must be a string or integer"]}),
    ({"groups": [PARENTS]}, {"groups": [f"Contact group must not be query based: {PARENTS}"]}),
    (
        {"groups": ["Open Tickets"]},
        {"groups": ["Contact group must not be query based: Open Tickets"]},
    ),
    ({"groups": ["Staff"] * 101}, {"groups": ["Ensure this field has no more than 100 elements."]}),
    ({"fields": {"hmmm": "x"}}, {"fields": ["Invalid contact field key: hmmm"]}),
    ({"fields": {"created_on": "x"}}, {"fields": ["Invalid contact field key: created_on"]}),
    ({"fields": {"village": True}}, {"fields": {"village": ["Not a valid string."]}}),
    ({"fields": []}, {"fields": ['Expected a dictionary of items but got type "list".']}),
    ({"note": "x" * 10_001}, {"note": ["Ensure this field has no more than 10000 characters."]}),
    (
        {"name": "", "language": "en", "urns": ["x"], "groups": ["Nope"], "fields": {"hmmm": "1"}},
        {
            "name": ["This field may not be blank."],
            "language": ["Ensure this field has at least 3 characters."],
            "urns": {"0": ["Invalid URN: x. Ensure phone numbers contain country codes."]},
            "groups": ["No such object: Nope"],
            "fields": ["Invalid contact field key: hmmm"],
        },
    ),
]


@pytest.mark.parametrize(("body", "errors"), REFUSED)
def test_wrong_bodies_are_refused_and_change_nothing(rapidpro, body, errors):
    before = rapidpro.items("contacts")

    answer = rapidpro.post("contacts", body)

    assert (answer.status_code, answer.json) == (400, errors)
    assert rapidpro.items("contacts") == before


def test_update_changes_only_what_is_named(rapidpro):
    before = rapidpro.one("contacts", uuid=AMINA)
    rapidpro.advance(1)

    answer = rapidpro.post("contacts", {"name": "Amina Y"}, uuid=AMINA)

    assert answer.status_code == 200
    changed = before | {"name": "Amina Y", "modified_on": "2026-05-06T10:00:01.000000Z"}
    assert answer.json == changed


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "Amina Yusuf", "language": "swa"},
        {"urns": [AMINAS_NUMBER, "telegram:99120045"]},
        {"groups": ["Mothers", "mothers"]},
        {"fields": {"children": "2", "due_date": "2026-06-01"}},
        {"note": "Called"},
    ],
)
def test_what_is_so_already_is_no_change(rapidpro, body):
    before = rapidpro.one("contacts", uuid=AMINA)
    rapidpro.advance(1)

    after = rapidpro.post("contacts", body, uuid=AMINA).json

    assert after["modified_on"] == before["modified_on"]


def test_null_and_empty_texts_clear(rapidpro):
    body = {"name": None, "language": None, "fields": {"village": None, "children": ""}}
    amina = rapidpro.post("contacts", body, uuid=AMINA).json

    assert (amina["name"], amina["language"]) == (None, None)
    assert amina["fields"]["village"] is amina["fields"]["children"] is None
    assert amina["fields"]["due_date"] == "2026-06-01T00:00:00+03:00"


def test_urns_are_replaced_and_others_passed_over(rapidpro):
    wanted = ["mailto:Amina@Example.COM", BAKARIS_NUMBER, AMINAS_NUMBER, AMINAS_NUMBER]
    amina = rapidpro.post("contacts", {"urns": wanted}, uuid=AMINA).json

    assert amina["urns"] == ["mailto:amina@example.com", AMINAS_NUMBER]
    assert rapidpro.one("contacts", urn=BAKARIS_NUMBER)["uuid"] == BAKARI
    assert rapidpro.items("contacts", urn="telegram:99120045") == []


def test_groups_replace_manual_memberships_alone(rapidpro):
    amina = rapidpro.post("contacts", {"groups": ["Staff"]}, uuid=AMINA).json

    assert names(amina["groups"]) == ["Staff", "Parents"]
    assert names(rapidpro.post("contacts", {"groups": []}, uuid=AMINA).json["groups"]) == [
        "Parents"
    ]


def test_newest_five_notes_are_kept(rapidpro):
    for n in range(7):
        rapidpro.advance(1)
        answer = rapidpro.post("contacts", {"note": f"Note {n}"}, uuid=AMINA)

    notes = answer.json["notes"]
    assert [note["text"] for note in notes] == [f"Note {n}" for n in range(2, 7)]
    assert notes[0]["created_by"] == {"email": "amos@lakeside.example", "name": "Amos Otieno"}
    assert notes[0]["created_on"] == "2026-05-06T10:00:03.000000Z"


def test_non_active_contacts_join_no_group(rapidpro):
    refused = rapidpro.post("contacts", {"groups": ["Staff"]}, uuid=ESTHER)
    fine = rapidpro.post("contacts", {"groups": [], "name": "Esther A"}, uuid=ESTHER)

    assert refused.json == {"groups": ["Non-active contacts can't be added to groups"]}
    assert (fine.status_code, fine.json["name"]) == (200, "Esther A")


@pytest.mark.parametrize(
    ("query", "status", "body"),
    [
        ({"uuid": NOBODY}, 404, {"detail": "No Contact matches the given query."}),
        ({"uuid": "x"}, 400, {"detail": "Param 'uuid': x is not a valid UUID."}),
        ({"urn": "12345"}, 400, {"detail": "Invalid URN: 12345"}),
        (
            {"urn": "tel:123"},
            400,
            {
                "non_field_errors": [
                    "Invalid URN: tel:123. Ensure phone numbers contain country codes."
                ]
            },
        ),
        (
            {"uuid": AMINA, "urn": AMINAS_NUMBER},
            400,
            {"detail": "URL can only contain one of the following parameters: urn, uuid"},
        ),
    ],
)
def test_targets_that_are_not_there_are_refused(rapidpro, query, status, body):
    answer = rapidpro.post("contacts", {"name": "x"}, **query)

    assert (answer.status_code, answer.json) == (status, body)


def test_unknown_urn_in_the_url_makes_a_contact_and_a_known_one_changes_it(rapidpro):
    made = rapidpro.post("contacts", {"name": "Via"}, urn="tel:0722 111 000")
    changed = rapidpro.post("contacts", {"name": "Via 2"}, urn=NEW_NUMBER)
    refused = rapidpro.post("contacts", {"urns": [NEW_NUMBER]}, urn=NEW_NUMBER)

    assert (made.status_code, made.json["urns"]) == (201, [NEW_NUMBER])
    assert (changed.status_code, changed.json["name"]) == (200, "Via 2")
    assert changed.json["uuid"] == made.json["uuid"]
    assert refused.json == {"urns": ["Field not allowed when using URN in URL"]}


def test_urns_expand_to_what_reaches_them(rapidpro):
    body = {"urns": ["mailto:d@x.org", "tel:+254722000444"]}
    sorted_ = rapidpro.post("contacts", body, uuid=DAUDI, expand_urns="1").json["urns"]
    given = rapidpro.one("contacts", uuid=DAUDI, expand_urns="1", urn_order="priority")["urns"]

    assert [urn["scheme"] for urn in sorted_] == ["tel", "mailto"]
    assert [urn["scheme"] for urn in given] == ["mailto", "tel"]
    assert sorted_[0] == {
        "channel": {"uuid": "5f0c2f57-1f35-4e52-8a5e-0f2b6f3f1a01", "name": "Lakeside SMS"},
        "scheme": "tel",
        "path": "+254722000444",
        "display": None,
    }
    assert sorted_[1]["channel"] is None


def test_deleted_contact_leaves_little_behind(rapidpro):
    assert rapidpro.delete("contacts", uuid=AMINA).status_code == 204

    assert rapidpro.items("contacts", uuid=AMINA) == []
    assert rapidpro.items("contacts", group="Mothers")[-1]["name"] == "Cynthia Njeri"
    gone = rapidpro.one("contacts", deleted="yes")
    assert gone["uuid"] == AMINA
    assert {gone[key] for key in ("name", "status", "language", "flow", "blocked")} == {None}
    assert (gone["urns"], gone["groups"], gone["notes"], gone["fields"]) == ([], [], [], {})
    assert rapidpro.delete("contacts", uuid=AMINA).status_code == 204


def test_deleted_contact_frees_its_urns_and_cannot_be_changed(rapidpro):
    rapidpro.delete("contacts", urn=AMINAS_NUMBER)

    assert rapidpro.delete("contacts", urn=AMINAS_NUMBER).status_code == 404
    assert rapidpro.post("contacts", {"urns": [AMINAS_NUMBER]}).status_code == 201
    refused = rapidpro.post("contacts", {"name": "x"}, uuid=AMINA)
    assert refused.json == {"non_field_errors": ["Deleted contacts can't be modified."]}


def test_what_hangs_on_a_deleted_contact_goes_a_moment_later(rapidpro):
    rapidpro.delete("contacts", uuid=AMINA)
    rapidpro.delete("contacts", uuid=BAKARI)

    def left() -> tuple[int, int]:
        billing = next(topic for topic in rapidpro.items("topics") if topic["name"] == "Billing")
        return len(rapidpro.items("messages", folder="inbox")), billing["counts"]["open"]

    assert left() == (1, 1)
    rapidpro.advance(0.1)
    assert left() == (0, 0)


def test_delete_needs_a_target(rapidpro):
    refused = rapidpro.delete("contacts")

    detail = "URL must contain one of the following parameters: urn, uuid"
    assert (refused.status_code, refused.json) == (400, {"detail": detail})


def test_anonymous_workspace_masks_urns(rapidpro):
    rapidpro.load(MASKED)
    masked = rapidpro.as_("masked_token")

    max_ = masked.one("contacts")

    assert max_["urns"] == ["tel:********"]
    assert max_["anon_display"] == max_["ref"]
    assert len(max_["ref"]) in (6, 7)
    expanded = masked.one("contacts", expand_urns="1")["urns"]
    assert [(urn["channel"]["name"], urn["path"]) for urn in expanded] == [
        ("Masked Line", "********")
    ]
    made = masked.post("contacts", {"urns": ["tel:+254733000222"]})
    assert (made.status_code, made.json["urns"]) == (201, ["tel:********"])


def test_anonymous_workspace_looks_nobody_up_by_urn(rapidpro):
    rapidpro.load(MASKED)
    masked = rapidpro.as_("masked_token")
    refused = {"detail": "URN lookups not allowed for anonymous organizations"}

    assert masked.get("contacts", urn="tel:+254733000111").json == refused
    assert masked.post("contacts", {"name": "x"}, urn="tel:+254733000111").json == refused
    assert masked.delete("contacts", urn="tel:+254733000111").json == refused
    changed = masked.post("contacts", {"urns": ["tel:+254733000112"]}, uuid=MAX)
    assert changed.json == {"urns": ["Updating URNs not allowed for anonymous organizations"]}


def test_contacts_of_other_workspaces_do_not_exist(rapidpro):
    other = rapidpro.as_("rp_token_other")

    assert names(other.items("contacts")) == ["Olga"]
    assert other.items("contacts", uuid=AMINA) == []
    assert other.post("contacts", {"name": "x"}, uuid=AMINA).status_code == 404
    assert other.delete("contacts", uuid=AMINA).status_code == 404
    made = other.post("contacts", {"name": "Also"}, urn=AMINAS_NUMBER)
    assert made.status_code == 201
    assert rapidpro.one("contacts", urn=AMINAS_NUMBER)["uuid"] == AMINA


def test_hundreds_of_contacts_come_in_pages_without_loss(rapidpro):
    rapidpro.load(LAKESIDE | {"contacts": [{"name": f"Bulk {n}"} for n in range(510)]})

    found = [contact["uuid"] for contact in rapidpro.items("contacts")]

    assert len(found) == len(set(found)) == 516
    assert len(rapidpro.get("contacts").json["results"]) == 250


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("31-12-2017", "2017-12-31T13:00:00+03:00"),
        ("12-31-2017", None),
        ("2017-11-11T11:12:13Z", "2017-11-11T14:12:13+03:00"),
        ("2017-11-11", "2017-11-11T00:00:00+03:00"),
        ("junk", None),
    ],
)
def test_dates_are_read_in_the_workspaces_style(rapidpro, text, shown):
    contact = rapidpro.post("contacts", {"fields": {"due_date": text}}, uuid=NAMELESS).json

    assert contact["fields"]["due_date"] == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(3, "3"), (12.5, "12.5"), ("1e3", "1000"), ("  8 ", "8"), ("12,5", None), ("9" * 25, None)],
)
def test_numbers_are_shown_in_plain_digits(rapidpro, value, shown):
    contact = rapidpro.post("contacts", {"fields": {"children": value}}, uuid=NAMELESS).json

    assert contact["fields"]["children"] == shown


def test_places_are_found_by_name_within_the_contacts_places(rapidpro):
    places = [
        {"osm_id": "1", "name": "Nairobi", "level": 1, "parent": "192798"},
        {"osm_id": "2", "name": "Westlands", "level": 2, "parent": "1", "aliases": ["Westy"]},
    ]
    fields = [{"name": "Sub County", "type": "district"}, {"name": "County", "type": "state"}]
    rapidpro.load(LAKESIDE | {"boundaries": places, "fields": fields})

    lost = rapidpro.post("contacts", {"fields": {"sub_county": "Westlands"}}).json
    body = {"fields": {"sub_county": "westy", "county": "nairobi"}}
    found = rapidpro.post("contacts", body).json
    by_path = rapidpro.post("contacts", {"fields": {"county": "kenya > MOMBASA"}}).json

    assert lost["fields"]["sub_county"] is None
    assert found["fields"]["county"] == "Kenya > Nairobi"
    assert found["fields"]["sub_county"] == "Kenya > Nairobi > Westlands"
    assert by_path["fields"]["county"] == "Kenya > Mombasa"
