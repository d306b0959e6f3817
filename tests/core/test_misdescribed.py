"""Vendors that are described wrongly are refused when they are imported, with what is wrong."""

from __future__ import annotations

import re
from typing import Any

import pytest
from msgspec.structs import replace

from emulator.core.kinds import Kind, Lookup, Order, by_serial, in_all
from emulator.core.lifecycle import Delay
from emulator.core.records import Message
from emulator.core.vendor import Topic
from emulator.web.parts import Part, Value, any_text, text
from tests.control.acme import LIFECYCLE, Acme, AcmeAccount, make_provider

ACME = Acme("acme")
STRAY: Kind[Any] = Kind("acme.stray", AcmeAccount)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"slug": "s"}, "s: a slug has two or more"),
        ({"accounts": STRAY}, "acme: accounts are 'acme.stray', which is not among its kinds"),
        ({"kinds": (*ACME.vendor.kinds, ACME.accounts)}, "two kinds are called 'acme.accounts'"),
        ({"messages": ACME.broadcasts}, "messages are AcmeBroadcast, which is no Message"),
        ({"messages": ACME.broadcasts}, "(acme.broadcasts) lack the orders address, broadcast"),
        ({"slug": "acne"}, "acne: the name 'acme.accounts' does not begin with 'acne' and a dot"),
        ({"topics": {"bounce": Topic(print)}}, "the name 'bounce' does not begin with 'acme'"),
        ({"default_outcome": "failed"}, "the default outcome 'failed' is none of delivered, read"),
        ({"key_header": ("X-Key", "{}")}, "the form of the key header, '{}', lacks {key}"),
    ],
)
def test_vendor_says_what_is_wrong_with_it(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=re.escape(complaint)):
        replace(ACME.vendor, **changes)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"outcomes": {}}, "acme message: no path for bounced_permanent"),
        (
            {"outcomes": {**LIFECYCLE.outcomes, "delivred": ()}},
            "'delivred' is not an outcome (bounced_permanent, ",
        ),
        ({"approximated": frozenset({"reed"})}, "nearest: read"),
        ({"steps": {("queued", "sent"): Delay(0, 0, 0)}}, "which is no step"),
        (
            {"delay_names": {"sent": "send"}},
            "'send' is not a delay (delivered, failed, read, sent)",
        ),
        ({"delay_names": {"send": "sent"}}, "'send' is not a state of its steps"),
        ({"pushes": {"sent": frozenset({"delivred"})}}, "nearest: delivered"),
        ({"words": {"fialed": "undelivered"}}, "nearest: failed"),
    ],
)
def test_lifecycle_says_what_is_wrong_with_it(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=re.escape(complaint)):
        replace(LIFECYCLE, **changes)


@pytest.mark.parametrize(
    "indexes",
    [
        {"orders": {"adress": Order(frozenset({"adress"}), in_all, by_serial)}},
        {"lookups": {"adress": Lookup(frozenset({"id", "adress"}), in_all)}},
    ],
)
def test_kind_knows_the_fields_of_its_records(indexes: dict[str, Any]) -> None:
    complaint = "acme.messages: 'adress' is on 'adress'; Message has no such field"
    with pytest.raises(ValueError, match=re.escape(complaint)):
        Kind("acme.messages", Message, **indexes)


def test_provider_lets_arise_only_errors_that_it_has() -> None:
    with pytest.raises(ValueError, match=r"acme: late faults \['refused'\] are none of its faults"):
        replace(make_provider("acme"), late_faults=frozenset({"refused"}))


def test_check_that_a_field_has_hidden_is_no_check() -> None:
    check = text
    with pytest.raises(TypeError, match="does a field of this part have its name"):

        class _Note(Part):
            text = Value(any_text)
            author = Value(text)  # type: ignore[arg-type]

    assert callable(check)
