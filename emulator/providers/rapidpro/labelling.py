"""What can be done to incoming messages: labels put on and taken off, folders, deletion."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from emulator.core.sandbox import Sandbox

from .kinds import LABELS, MESSAGES
from .naming import new_uuid, next_serial
from .records import Label, RapidMessage, Workspace

MOST_LABELS: Final = 250


def label_count(sandbox: Sandbox, workspace: Workspace) -> int:
    """Return how many labels a workspace has."""
    return sandbox.store.table(LABELS).count("created", (workspace.id,))


def add_label(sandbox: Sandbox, workspace: Workspace, name: str) -> Label:
    """Make a label; nobody may have the name."""
    label = Label(
        id=new_uuid(sandbox, LABELS),
        serial=next_serial(sandbox, LABELS),
        workspace=workspace.id,
        name=name,
        created_on=sandbox.clock.now(),
    )
    sandbox.store.table(LABELS).add(label)
    return label


def spelt_label(sandbox: Sandbox, workspace: Workspace, name: str) -> Label | None:
    """Return the label of a name, made or respelt if need be; None if no more may be made."""
    labels = sandbox.store.table(LABELS)
    found = labels.one("name", (workspace.id, name.lower()))
    if found is not None:
        return found if found.name == name else labels.change(found, name=name)
    if label_count(sandbox, workspace) >= MOST_LABELS:
        return None
    return add_label(sandbox, workspace, name)


def put_on(sandbox: Sandbox, messages: Iterable[RapidMessage], label: Label) -> None:
    """Put a label on messages; those that have it stay as they are."""
    for message in _each_once(messages):
        if label.id not in message.labels:
            _change(sandbox, message, labels=(*message.labels, label.id))


def take_off(sandbox: Sandbox, messages: Iterable[RapidMessage], label: Label) -> None:
    """Take a label off messages."""
    for message in _each_once(messages):
        if label.id in message.labels:
            rest = tuple(id for id in message.labels if id != label.id)
            _change(sandbox, message, labels=rest)


def archive(sandbox: Sandbox, messages: Iterable[RapidMessage]) -> None:
    """Put messages into the archive."""
    for message in _each_once(messages):
        if message.visibility == "visible":
            _change(sandbox, message, visibility="archived")


def restore(sandbox: Sandbox, messages: Iterable[RapidMessage]) -> None:
    """Bring messages back from the archive."""
    for message in _each_once(messages):
        if message.visibility == "archived":
            _change(sandbox, message, visibility="visible")


def delete(sandbox: Sandbox, messages: Iterable[RapidMessage]) -> None:
    """Delete messages for good: what they said and their labels go."""
    for message in _each_once(messages):
        if message.visibility != "deleted":
            _change(sandbox, message, visibility="deleted", text="", attachments=(), labels=())


def _each_once(messages: Iterable[RapidMessage]) -> Iterable[RapidMessage]:
    return {message.id: message for message in messages}.values()


def _change(sandbox: Sandbox, message: RapidMessage, **changes: Any) -> None:
    table = sandbox.store.table(MESSAGES)
    table.change(message, **changes, modified_on=sandbox.clock.now())
