"""Events that a tester sets off: about something that exists, saying what the tester likes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from .errors import Problems

if TYPE_CHECKING:
    from .records import Message
    from .sandbox import Sandbox
    from .vendor import Vendor


class Trigger(NamedTuple):
    """An event to be told once more, or for the first time.

    :param event: one of the vendor's names.
    :param about: the id of what it is about; None leaves that to the vendor.
    :param data: fields that take the place of those of the object.
    """

    event: str
    about: str | None = None
    data: Mapping[str, Any] = {}


class Scope(NamedTuple):
    """Which messages an event is told of.

    :param has: whether a message is one of them.
    :param words: what they are called: ``e-mails``.
    """

    has: Callable[[Any], bool]
    words: str


def overlaid(drawn: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is told, with a tester's fields in place of its own; objects are merged."""
    whole = dict(drawn)
    for name, value in given.items():
        before = whole.get(name)
        is_merged = isinstance(value, Mapping) and isinstance(before, Mapping)
        whole[name] = overlaid(before, value) if is_merged else value  # type: ignore[arg-type]
    return whole


def message_about(
    sandbox: Sandbox,
    vendor: Vendor,
    wanted: Trigger,
    problems: Problems,
    *,
    direction: Literal["out", "in"] = "out",
    scope: Scope | None = None,
) -> Any:
    """Return the message that an event shall be about: the newest, where none is named.

    None if there is no such message, which is noted as a mistake.

    :param scope: None where the event is told of all messages of its direction.
    """
    table = sandbox.store.table(vendor.messages)
    found: Message | None
    if wanted.about is None:

        def is_told_of(message: Message) -> bool:
            return message.direction == direction and (scope is None or scope.has(message))

        page = table.page("all", "all", limit=1, where=is_told_of)
        found = page.records[0] if page.records else None
        if found is None:
            problems.add("/about", f"Required: {vendor.slug} has no such message yet")
        return found
    found = vendor.find_message(sandbox, wanted.about) if vendor.find_message else None
    found = found or table.find(wanted.about)
    if found is None:
        problems.add("/about", f"No message {wanted.about!r} at {vendor.slug}")
    elif found.direction != direction:
        way = "from" if found.direction == "in" else "to"
        problems.add("/about", f"{wanted.event} is not told of messages {way} people")
        return None
    elif scope is not None and not scope.has(found):
        problems.add("/about", f"{wanted.event} is told of {scope.words} alone")
        return None
    return found
