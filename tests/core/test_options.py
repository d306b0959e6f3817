"""Settings are merged, nested, and strict."""

import pytest

from emulator.core.errors import Problems
from emulator.core.options import Settings
from tests.acme import Courier


@pytest.fixture
def settings():
    return Settings([Courier("acme").vendor, Courier("zenith").vendor])


def merged(settings, given):
    problems = Problems()
    settings.merge(given, "", problems)
    return [(problem.pointer, problem.suggestion) for problem in problems.found]


def test_defaults_are_those_of_the_server_and_of_each_vendor(settings):
    assert settings.as_document() == {
        "latency": "fast",
        "magic_numbers": True,
        "unknown_keys": "refuse",
        "evidence_header": True,
        "default_outcome": {"acme": "delivered", "zenith": "delivered"},
        "rate_limits": {"acme": False, "zenith": False},
        "keep": {
            "requests": {"count": 10_000, "bytes": 64 * 2**20},
            "callbacks": {"count": 100_000, "bytes": 256 * 2**20},
            "events": {"count": 10_000},
            "sink": {"count": 10_000, "bytes": 64 * 2**20},
        },
        "acme": {"shouts": False},
        "zenith": {"shouts": False},
    }


def test_merging_reaches_into_nested_settings(settings):
    assert merged(settings, {"latency": "instant", "acme": {"shouts": True}}) == []

    assert settings.latency == "instant"
    assert settings["acme"] == {"shouts": True}
    assert settings["zenith"] == {"shouts": False}


@pytest.mark.parametrize(
    ("given", "pointer", "suggestion"),
    [
        ({"latncy": "fast"}, "/latncy", "latency"),
        ({"latency": "insant"}, "/latency", "instant"),
        ({"latency": 5}, "/latency", None),
        ({"magic_numbers": "yes"}, "/magic_numbers", None),
        ({"default_outcome": {"acme": "reed"}}, "/default_outcome/acme", "read"),
        ({"default_outcome": {"acne": "read"}}, "/default_outcome/acne", "acme"),
        ({"default_outcome": "read"}, "/default_outcome", None),
        ({"acme": {"shouts": 1}}, "/acme/shouts", None),
        ({"acme": {"shout": True}}, "/acme/shout", "shouts"),
        ({"rate_limits": {"acme": 5}}, "/rate_limits/acme", None),
        ({"rate_limits": {"acme": {"window": "1h"}}}, "/rate_limits/acme", None),
        ({"rate_limits": {"acme": {"window": 0, "limits": {}}}}, "/rate_limits/acme/window", None),
        (
            {"rate_limits": {"acme": {"window": "x", "limits": {}}}},
            "/rate_limits/acme/window",
            None,
        ),
        ({"rate_limits": {"acme": {"window": 1, "limits": 5}}}, "/rate_limits/acme/limits", None),
        (
            {"rate_limits": {"acme": {"window": 1, "limits": {"/massages": 1}}}},
            "/rate_limits/acme/limits/~1massages",
            "/messages",
        ),
        (
            {"rate_limits": {"acme": {"window": 1, "limits": {"*": -1}}}},
            "/rate_limits/acme/limits/*",
            None,
        ),
        ({"keep": {"callbacks": {"count": 0}}}, "/keep/callbacks/count", None),
        ({"keep": {"requests": {"bytes": True}}}, "/keep/requests/bytes", None),
        ({"keep": {"events": {"bytes": 9}}}, "/keep/events/bytes", None),
        ({"keep": {"callback": {"count": 9}}}, "/keep/callback", "callbacks"),
        ([], "", None),
    ],
)
def test_a_mistake_is_pointed_at_and_nothing_is_taken_over(settings, given, pointer, suggestion):
    before = settings.as_document()
    if isinstance(given, dict):
        given = {"evidence_header": False, **given}

    assert merged(settings, given) == [(pointer, suggestion)]
    assert settings.as_document() == before


def test_a_rate_limit_may_be_spelt_out(settings):
    limit = {"window": "1h", "limits": {"/messages": 3, "*": 0}}

    assert merged(settings, {"rate_limits": {"acme": limit}}) == []
    assert settings["rate_limits"]["acme"] == limit


def test_a_fork_and_what_is_shown_are_copies(settings):
    fork = settings.fork()
    merged(fork, {"acme": {"shouts": True}})
    settings.as_document()["acme"]["shouts"] = "changed"

    assert settings["acme"] == {"shouts": False}
