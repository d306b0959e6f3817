"""Groups: contacts chosen by hand, or by a query."""

from __future__ import annotations

from typing import Final

from flask import Response

from emulator.providers.rapidpro import erasing, filters, lookups, paging
from emulator.providers.rapidpro import records as r
from emulator.providers.rapidpro.answers import GroupOut
from emulator.providers.rapidpro.context import is_taken, now, table, workspace
from emulator.providers.rapidpro.endpoint import Endpoint, uuid_lookup
from emulator.providers.rapidpro.errors import Refusal
from emulator.providers.rapidpro.kinds import CAMPAIGNS, CONTACTS, GROUPS, TRIGGERS
from emulator.providers.rapidpro.naming import new_uuid, next_serial
from emulator.providers.rapidpro.scalars import UniqueName
from emulator.providers.rapidpro.validation import Body, Schema
from emulator.web.context import sandbox

MOST: Final = 250
#: Hidden groups that hold the contacts of a status; their names are taken.
STATUS_GROUPS: Final = frozenset({"\\active", "\\blocked", "\\stopped", "\\archived"})


def show(group: r.Group) -> GroupOut:
    """Return a group as the API has it."""
    return {
        "uuid": group.id,
        "name": group.name,
        "query": group.query,
        "status": group.status,
        "system": group.is_system,
        "count": table(CONTACTS).count("modified", ("group", group.id)),
    }


def _is_full() -> bool:
    count, id = table(GROUPS).count, workspace().id
    listed = table(GROUPS).every("created", (id, "smart"))
    built_in = sum(group.is_system for group in listed)
    return count("created", (id,)) + count("created", (id, "initializing")) - built_in >= MOST


groups = Endpoint(
    "groups",
    asks=("uuid", "name", "manual_only"),
    model="ContactGroup",
    show=show,
    lookups={"uuid": uuid_lookup(lambda id: lookups.own(GROUPS, id))},
    is_full=_is_full,
    exclusive=[("uuid", "name")],
)


@groups.lists
def list_() -> Response:
    """Answer with groups, the newest first."""
    is_manual = filters.flag("manual_only")
    partition = (workspace().id, "manual") if is_manual else (workspace().id,)
    id, name = filters.uuid("uuid"), filters.text("name")
    if id is None and name is None:
        return paging.page(GROUPS, "created", partition, show)
    found = lookups.own(GROUPS, id) if name is None else lookups.by_name(GROUPS, name)
    if found is None or partition not in GROUPS.orders["created"].partitions(found):
        return paging.empty()
    return paging.few([found], show)


def _is_taken(name: str) -> bool:
    return name.lower() in STATUS_GROUPS or is_taken(GROUPS)(name)


class GroupBody(Schema):
    """What can be said of a group."""

    name = UniqueName(_is_taken, required=True)


BODY = GroupBody()


@groups.creates(GroupBody)
def create(body: Body) -> r.Group:
    """Make a manual group; others cannot be made here."""
    values = BODY.read(body)
    group = r.Group(
        id=new_uuid(sandbox(), GROUPS),
        serial=next_serial(sandbox(), GROUPS),
        workspace=workspace().id,
        name=values["name"],
        created_on=now(),
    )
    table(GROUPS).add(group)
    return group


@groups.updates(GroupBody)
def update(group: r.Group, body: Body) -> r.Group:
    """Rename a group."""
    return table(GROUPS).change(group, name=BODY.read(body)["name"])


@groups.deletes
def delete(group: r.Group) -> None:
    """Delete a group that nothing starts from.

    :raises Refusal: a trigger or a campaign uses it.
    """
    triggers = table(TRIGGERS).every("created", (workspace().id,))
    users = {
        "triggers": any(
            group.id in (*trigger.groups, *trigger.exclude_groups)
            for trigger in triggers
            if not trigger.archived
        ),
        "campaigns": table(CAMPAIGNS).count("created", ("group", group.id)) > 0,
    }
    for name, is_using in users.items():
        if is_using:
            raise Refusal(f"Group is being used by {name} which must be archived first.")
    erasing.delete_group(sandbox(), group)


ENDPOINTS = (groups,)
