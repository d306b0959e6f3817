"""Rules over HTTP, and the explanation of what becomes of a message."""

from typing import Any

import pytest

from tests.control.test_clock import CourierDesk


@pytest.fixture
def desk():
    return CourierDesk()


def explain(desk, **asked):
    return desk.do("POST", "/outcomes/explain", {"provider": "acme", "to": "+1555", **asked})


def test_a_new_rule_stands_in_front(desk):
    first = desk.do("POST", "/outcomes", {"outcome": "read", "to": "+1"}, 201)
    second = desk.do("POST", "/outcomes", {"id": "mine", "outcome": "rejected", "times": 1}, 201)

    assert first == {"id": "rule-1", "outcome": "read", "to": "+1", "hits": 0}
    assert desk.get("/outcomes") == {"items": [second, first], "next": None, "total": 2}


def test_hits_are_counted_rule_by_rule(desk):
    desk.do("PUT", "/outcomes", {"rules": [{"outcome": "read", "to": "1"}, {"outcome": "stuck"}]})
    desk.broadcast("News", ["+1", "+2", "+3"])

    assert [rule["hits"] for rule in desk.items("/outcomes")] == [1, 2]


def test_putting_replaces_all(desk):
    desk.do("POST", "/outcomes", {"outcome": "read"}, 201)
    rules: list[dict[str, Any]] = [
        {"id": "a", "outcome": "replied", "reply": {"text": "No"}, "delays": {"reply": "1m"}},
        {"id": "b", "outcome": "rejected", "share": 0.5, "error": {"code": "E", "message": "m"}},
    ]

    answer = desk.do("PUT", "/outcomes", {"rules": rules})

    assert answer["items"] == [
        {**rules[0], "delays": {"reply": 60.0}, "hits": 0},
        {**rules[1], "hits": 0},
    ]
    assert desk.do("PUT", "/outcomes", {"rules": []})["total"] == 0


@pytest.mark.parametrize(
    ("body", "pointer", "suggestion"),
    [
        ({}, "/rules", None),
        ([{"outcome": "read"}], "", None),
        ({"rules": {}}, "/rules", None),
        ({"rules": [{"outcome": "read"}, {"outcome": "reed"}]}, "/rules/1/outcome", "read"),
        ({"rules": [{"outcome": "read", "hits": 1}]}, "/rules/0/hits", None),
        ({"rules": [], "rule": 1}, "/rule", "rules"),
    ],
)
def test_mistakes_leave_the_rules_as_they_were(desk, body, pointer, suggestion):
    desk.do("POST", "/outcomes", {"id": "kept", "outcome": "read"}, 201)

    [error] = desk.refused("PUT", "/outcomes", body)

    assert (error["pointer"], error.get("suggestion")) == (pointer, suggestion)
    assert [rule["id"] for rule in desk.items("/outcomes")] == ["kept"]


def test_a_rule_of_a_known_id_is_a_conflict(desk):
    desk.do("POST", "/outcomes", {"id": "a", "outcome": "read"}, 201)

    assert desk.ask("POST", "/outcomes", {"id": "a", "outcome": "stuck"}).status_code == 409


def test_rules_are_removed_one_by_one(desk):
    for id in ("a", "b"):
        desk.do("POST", "/outcomes", {"id": id, "outcome": "read"}, 201)

    desk.do("DELETE", "/outcomes/b", status=204)

    assert [rule["id"] for rule in desk.items("/outcomes")] == ["a"]
    assert desk.ask("DELETE", "/outcomes/b").status_code == 404


def test_rules_come_page_by_page(desk):
    desk.do("PUT", "/outcomes", {"rules": [{"outcome": "read"} for _ in range(5)]})

    pages = desk.pages("/outcomes", limit=2)

    assert [[rule["id"] for rule in page] for page in pages] == [
        ["rule-1", "rule-2"],
        ["rule-3", "rule-4"],
        ["rule-5"],
    ]


def test_explain_says_why_and_counts_nothing(desk):
    desk.do(
        "PUT",
        "/outcomes",
        {
            "rules": [
                {"outcome": "read", "nth": [2]},
                {"outcome": "rejected", "to_prefix": "+1"},
                {"outcome": "stuck"},
            ]
        },
    )

    assert explain(desk) == {
        "outcome": "rejected",
        "source": "rule",
        "rule": "rule-2",
        "candidates": [
            {
                "rule": "rule-1",
                "matched": False,
                "reason": "this is send 1 to the recipient, not one of [2]",
            },
            {"rule": "rule-2", "matched": True, "reason": "matches and wins"},
            {"rule": "rule-3", "matched": True, "reason": "an earlier rule won"},
        ],
        "timeline": [
            {"status": "queued", "after": 0.0},
            {"status": "undelivered", "after": 0.5},
        ],
        "approximated": False,
    }
    assert [rule["hits"] for rule in desk.items("/outcomes")] == [0, 0, 0]
    assert explain(desk)["outcome"] == "rejected"
    desk.send("+1555")
    assert explain(desk)["outcome"] == "read"


def test_what_is_explained_comes_about(desk):
    desk.do("PATCH", "/settings", {"latency": "realistic"})
    desk.do(
        "POST", "/outcomes", {"outcome": "flaky", "delays": {"sent": {"min": 5, "max": 9}}}, 201
    )
    told = explain(desk)["timeline"]

    message = desk.send("+1555")
    desk.do("POST", "/clock/advance", {"until": "idle"})

    history = desk.get(f"/messages/{message}")["history"]
    assert [step["status"] for step in history] == [step["status"] for step in told]
    assert [step["status"] for step in told] == [
        *("queued", "errored", "queued", "dispatched", "delivered")
    ]
    clock = desk.get("/clock")["now"]
    seconds = (int(clock[11:13]) - 12) * 3600 + int(clock[14:16]) * 60 + float(clock[17:-1])
    assert seconds == pytest.approx(told[-1]["after"], abs=1e-4)


@pytest.mark.parametrize(
    ("asked", "outcome", "source", "approximated"),
    [
        ({}, "delivered", "default", False),
        ({"to": "+6012990411"}, "rejected", "magic", False),
        ({"to": "bounce@a.example"}, "bounced_permanent", "magic", True),
        ({"to": "tel:+6012990611"}, "stuck", "magic", False),
    ],
)
def test_without_rules_magic_and_defaults_decide(desk, asked, outcome, source, approximated):
    told = explain(desk, **asked)

    found = (told["outcome"], told["source"], told["rule"], told["approximated"])
    assert found == (outcome, source, None, approximated)


@pytest.mark.parametrize(
    ("condition", "asked"),
    [
        ({"channel": "email"}, {"channel": "email"}),
        ({"channel": "email"}, {"to": "anna@a.example"}),
        ({"channel": "email"}, {"to": "email:anna@a.example"}),
        ({"channel": "sms"}, {}),
        ({"channel": "sms"}, {"to": "tel:+1555"}),
        ({"account": "one"}, {}),
        ({"account": "two"}, {"account": "two"}),
        ({"template": "t"}, {"template": "t"}),
        ({"text_pattern": "^Hi"}, {"text": "Hi there"}),
        ({"broadcast": "b"}, {"broadcast": "b"}),
        ({"nth": [7]}, {"nth": 7}),
    ],
)
def test_every_condition_can_be_asked_about(desk, condition, asked):
    desk.do("POST", "/outcomes", {"outcome": "stuck", **condition}, 201)

    assert explain(desk, **asked)["outcome"] == "stuck"


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/provider", "/to"]),
        ({"provider": "acne", "to": "+1"}, ["/provider"]),
        ({"provider": "acme", "to": ""}, ["/to"]),
        ({"provider": "acme", "to": "+1", "channel": "pigeon"}, ["/channel"]),
        ({"provider": "acme", "to": "+1", "channel": "whatsapp"}, ["/channel"]),
        ({"provider": "acme", "to": "+1", "nth": 0}, ["/nth"]),
        ({"provider": "acme", "to": "+1", "form": 1}, ["/form"]),
    ],
)
def test_questions_are_read_strictly(desk, body, pointers):
    errors = desk.refused("POST", "/outcomes/explain", body)

    assert [error["pointer"] for error in errors] == pointers


def test_rule_for_a_channel_that_its_provider_does_not_have_is_refused(desk):
    wanted = {"channel": "whatsapp", "outcome": "stuck"}

    [error] = desk.refused("POST", "/outcomes", {"provider": "acme", **wanted})
    desk.do("POST", "/outcomes", wanted, 201)

    assert error == {"pointer": "/channel", "message": "Must be one of: sms, email"}


def test_rule_is_removed_by_an_id_with_a_slash(desk):
    desk.do("POST", "/outcomes", {"id": "late/mine", "outcome": "stuck"}, 201)

    desk.do("DELETE", "/outcomes/late%2Fmine", status=204)

    assert desk.items("/outcomes") == []


def test_mistake_in_a_pattern_is_said_in_words_to_its_writer_alone(desk, capfd):
    [error] = desk.refused("POST", "/outcomes", {"outcome": "read", "text_pattern": "(a"})

    assert error == {"pointer": "/text_pattern", "message": "Not a pattern: missing ): (a"}
    assert capfd.readouterr().err == ""
