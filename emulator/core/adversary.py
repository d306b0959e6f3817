"""What a tester lets go wrong with callbacks: lost, sent twice, late, out of order, forged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from .durations import parse_duration
from .errors import Problems
from .records import ENDPOINTS, Adversary, Delivery, Endpoint
from .signing import signature_of

if TYPE_CHECKING:
    from .sandbox import Sandbox

Headers = tuple[tuple[str, str], ...]

SHARES = ("duplicate", "drop", "bad_signature")
FIELDS = (*SHARES, "shuffle", "delay")
DROPPED = "not sent: the endpoint's adversary dropped it"
NONE = Adversary()
_DIGITS = "0123456789abcdef"


def read_adversary(
    given: Any, known: Adversary | None, pointer: str, problems: Problems
) -> Adversary | None:
    """Return what shall go wrong, merged into what is known; null is nothing.

    Mistakes are noted, each with its place.
    """
    if given is None:
        return None
    if not isinstance(given, dict):
        problems.add(pointer, "Must be an object")
        return known
    problems.unknown_keys(pointer, given, FIELDS)
    values: dict[str, Any] = msgspec.structs.asdict(known or NONE)
    for name in [name for name in FIELDS if name in given]:
        value = given[name]
        try:
            values[name] = getattr(NONE, name) if value is None else _read(name, value)
        except (ValueError, TypeError, OverflowError) as error:
            problems.add(f"{pointer}/{name}", str(error))
    return Adversary(**values)


def _read(name: str, value: Any) -> float | bool:
    if name == "shuffle":
        if not isinstance(value, bool):
            raise ValueError("Must be true or false")
        return value
    if name == "delay":
        return parse_duration(value).total_seconds()
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError("Must be a number from 0 to 1")
    return float(value)


def show(adversary: Adversary | None) -> dict[str, Any] | None:
    """Return an adversary as users write it: what is set, delays in seconds."""
    if adversary is None:
        return None
    values = msgspec.structs.asdict(adversary)
    return {name: values[name] for name in FIELDS if values[name] != getattr(NONE, name)}


def meddled(sandbox: Sandbox, delivery: Delivery) -> tuple[Delivery, float]:
    """Return a new callback with what goes wrong on its way, and by how much later it leaves.

    Drawn from the endpoint, the event, its subject and how much was told of that before.
    """
    endpoint = sandbox.store.table(ENDPOINTS).find(delivery.endpoint)
    wanted = endpoint.adversary if endpoint is not None else None
    if endpoint is None or wanted is None:
        return delivery, 0.0
    nth = sandbox.deliveries.count("subject", delivery.subject)
    key = endpoint.id, delivery.event, delivery.subject, nth

    def strikes(name: str) -> bool:
        share: float = getattr(wanted, name)
        return share > 0 and sandbox.draws.fraction("adversary", name, *key) < share

    changes: dict[str, Any] = {}
    if strikes("drop"):
        changes["trick"] = "drop"
    elif strikes("duplicate"):
        changes["trick"] = "duplicate"
    if strikes("bad_signature"):
        number = sandbox.draws.below(2**32, "adversary", "digit", *key)
        changes["headers"] = _forged(sandbox, endpoint, delivery, number)
    return msgspec.structs.replace(delivery, **changes), wanted.delay


def _forged(sandbox: Sandbox, endpoint: Endpoint, delivery: Delivery, number: int) -> Headers:
    """Return the headers of a callback with one digit of the signature altered."""
    found = signature_of(sandbox, endpoint, delivery)
    if found is None:
        return delivery.headers
    pairs = enumerate(zip(found.value, found.forged, strict=False))
    places = [place for place, (digit, other) in pairs if digit != other and digit in _DIGITS]
    if not places:  # Its letters are of another alphabet.
        return delivery.headers
    place = places[number % len(places)]
    return tuple(
        (header, _altered(text, place) if header == found.header else text)
        for header, text in delivery.headers
    )


def _altered(text: str, place: int) -> str:
    digit = _DIGITS[(_DIGITS.index(text[place]) + 1) % len(_DIGITS)]
    return f"{text[:place]}{digit}{text[place + 1 :]}"


def shuffled(sandbox: Sandbox, deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Return callbacks of one instant in the order in which they leave.

    Those to endpoints that want it change places with each other; what is told of one subject
    keeps its order.
    """
    found = list(deliveries)
    wanting = _wanting_shuffle(sandbox, {delivery.endpoint for delivery in deliveries})
    places = [at for at, delivery in enumerate(found) if delivery.endpoint in wanting]
    if not places:
        return found
    fraction = sandbox.draws.fraction
    first: Mapping[str, int] = {found[at].subject: at for at in reversed(places)}
    moved = sorted(
        (found[at] for at in places),
        key=lambda d: (fraction("adversary", "shuffle", d.subject, d.created_at), first[d.subject]),
    )
    for at, delivery in zip(places, moved, strict=True):
        found[at] = delivery
    return found


def _wanting_shuffle(sandbox: Sandbox, ids: set[str]) -> set[str]:
    table = sandbox.store.table(ENDPOINTS)
    endpoints = [table.find(id) for id in ids]
    return {
        endpoint.id
        for endpoint in endpoints
        if endpoint is not None and endpoint.adversary is not None and endpoint.adversary.shuffle
    }
