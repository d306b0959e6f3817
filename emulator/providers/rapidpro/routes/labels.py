"""Labels of incoming messages."""

from __future__ import annotations

from flask import Response

from emulator.providers.rapidpro import filters, paging
from emulator.providers.rapidpro.answers import LabelOut
from emulator.providers.rapidpro.context import table, workspace
from emulator.providers.rapidpro.endpoint import Endpoint, uuid_lookup
from emulator.providers.rapidpro.kinds import LABELS, MESSAGES
from emulator.providers.rapidpro.labelling import MOST_LABELS, add_label, label_count, take_off
from emulator.providers.rapidpro.lookups import by_name, own
from emulator.providers.rapidpro.names import UniqueNameOf
from emulator.providers.rapidpro.records import Label
from emulator.providers.rapidpro.validation import Body, Schema
from emulator.web.context import sandbox


def show(label: Label) -> LabelOut:
    """Return a label with the number of its messages that are not archived."""
    count = table(MESSAGES).count("created", ("label", label.id, "visible"))
    return {"uuid": label.id, "name": label.name, "count": count}


def is_full() -> bool:
    """Say whether the workspace has all the labels it may have."""
    return label_count(sandbox(), workspace()) >= MOST_LABELS


class LabelIn(Schema):
    """The body of a POST."""

    name = UniqueNameOf(LABELS, required=True)


labels = Endpoint(
    "labels",
    asks=("uuid", "name"),
    model="Label",
    show=show,
    lookups={"uuid": uuid_lookup(lambda id: own(LABELS, id))},
    is_full=is_full,
    exclusive=(("uuid", "name"),),
)


@labels.lists
def list_() -> Response:
    """Answer with labels, newest first."""
    id, name = filters.uuid("uuid"), filters.text("name")
    if id is not None:
        return paging.few([own(LABELS, id)], show)
    if name is not None:
        return paging.few([by_name(LABELS, name)], show)
    return paging.page(LABELS, "created", (workspace().id,), show)


@labels.creates(LabelIn)
def create(body: Body) -> Label:
    """Make a label."""
    return add_label(sandbox(), workspace(), LabelIn().read(body)["name"])


@labels.updates(LabelIn)
def update(label: Label, body: Body) -> Label:
    """Rename a label."""
    return table(LABELS).change(label, name=LabelIn().read(body)["name"])


@labels.deletes
def delete(label: Label) -> None:
    """Delete a label and take it off its messages."""
    take_off(sandbox(), table(MESSAGES).every("created", ("label", label.id)), label)
    table(LABELS).change(label, is_deleted=True)


ENDPOINTS = (labels,)
