"""Actions on many incoming messages at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from marshmallow import ValidationError

from emulator.core.sandbox import Sandbox
from emulator.providers.rapidpro import labelling, lookups
from emulator.providers.rapidpro.compounds import Reference, ReferenceList
from emulator.providers.rapidpro.context import table, workspace
from emulator.providers.rapidpro.endpoint import Endpoint
from emulator.providers.rapidpro.kinds import LABELS
from emulator.providers.rapidpro.records import Label, RapidMessage
from emulator.providers.rapidpro.scalars import Choice, Name
from emulator.providers.rapidpro.validation import Body, Schema
from emulator.web.context import sandbox

Deed = Callable[[Sandbox, list[RapidMessage]], None]
DEEDS: Mapping[str, Deed] = {
    "archive": labelling.archive,
    "restore": labelling.restore,
    "delete": labelling.delete,
}
WITH_LABEL = ("label", "unlabel")


class Meant(NamedTuple):
    """A message as it was asked for, and as it was found."""

    given: str | int
    message: RapidMessage | None


def _meant(given: str | int) -> Meant:
    """Return what an item means; only whole numbers mean messages."""
    is_number = isinstance(given, int) and not isinstance(given, bool)
    return Meant(given, lookups.find_message(given) if is_number else None)


def _all_incoming(messages: list[Meant]) -> list[Meant]:
    for meant in messages:
        if meant.message is not None and meant.message.direction != "in":
            raise ValidationError(f"Not an incoming message: {meant.message.number}")
    return messages


def _says_one_label(_: Schema, values: dict[str, Any]) -> str | None:
    if "label" in values and "label_name" in values:
        return "Can't specify both label and label_name."
    return None


def _fits_action(_: Schema, values: dict[str, Any]) -> str | None:
    action, has_label = values["action"], "label" in values or "label_name" in values
    if action in WITH_LABEL and not has_label:
        return f'For action "{action}" you should also specify a label'
    if action not in WITH_LABEL and has_label:
        return f'For action "{action}" you should not specify a label'
    return None


class MessageAction(Schema):
    """The body of a POST."""

    messages = ReferenceList(_meant, required=True, then=[_all_incoming])
    action = Choice((*WITH_LABEL, *DEEDS), required=True)
    label = Reference(lookups.find_label)
    label_name = Name()

    checks = (_says_one_label, _fits_action)


message_actions = Endpoint("message_actions", has_fixed_permission=True, answers_options=True)


@message_actions.acts(MessageAction)
def act(body: Body) -> list[str | int]:
    """Do something to messages; return the items that are no messages."""
    values = MessageAction().read(body)
    messages = [meant.message for meant in values["messages"] if meant.message is not None]
    action = values["action"]
    if action in DEEDS:
        DEEDS[action](sandbox(), messages)
    else:
        label = values.get("label") or _label_named(values["label_name"], action)
        deed = labelling.put_on if action == "label" else labelling.take_off
        if label is not None:
            deed(sandbox(), messages, label)
    return [meant.given for meant in values["messages"] if meant.message is None]


def _label_named(name: str, action: str) -> Label | None:
    """Return the label of a name: on labelling it is made or respelt if need be."""
    if action == "label":
        return labelling.spelt_label(sandbox(), workspace(), name)
    found = table(LABELS).one("name", (workspace().id, name.lower()))
    return found if found is not None and found.name == name else None


ENDPOINTS = (message_actions,)
