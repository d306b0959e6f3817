"""Makes people for fixtures: contacts, users, and who is there to be written to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, NamedTuple

from emulator.core.drawing import Draw, between
from emulator.core.generating import Batch, Made, Maker
from emulator.core.moments import moment_of
from emulator.core.store import Kind
from emulator.web import people

from . import wording
from .fixture.workspaces import country_of
from .kinds import CONTACTS, GROUPS, WORKSPACES

YEARS: Final = timedelta(days=700)
MONTHS: Final = timedelta(days=60)
MINUTE: Final = timedelta(minutes=1)
STATUSES: Final = (("active", 0.96), ("stopped", 0.02), ("blocked", 0.01), ("archived", 0.01))
LANGUAGE_SHARE: Final = 0.7


class Known(NamedTuple):
    """Somebody whom messages can be about."""

    ref: str
    first: str
    language: str
    since: datetime
    seen: datetime | None
    groups: frozenset[str]


def country(batch: Batch) -> str:
    """Return the country of a workspace, else that of its time zone or of its first channel."""
    workspace = batch.account or batch.given
    stored = stored_workspace(batch)
    said = workspace.get("country") or (stored.country if stored is not None else "")
    zone = workspace.get("timezone")
    if not said and isinstance(zone, str):
        said = _country_of_zone(zone)
    listed = (channel.get("country") for channel in batch.listed("channels"))
    return str(said or next(filter(None, listed), people.ELSEWHERE)).upper()


@cache
def _country_of_zone(zone: str) -> str | None:
    try:
        return country_of(zone)
    except (KeyError, ValueError, OSError):
        return None  # The time zone itself is a mistake, of which its reader will tell.


def stored_workspace(batch: Batch) -> Any:
    """Return the workspace of the sandbox that a fixture is merged into, None for a new one."""
    table = batch.sandbox.store.table(WORKSPACES)
    uuid, name = batch.account.get("uuid"), batch.account.get("name")
    if isinstance(uuid, str):
        return table.find(uuid.lower())
    return next((each for each in table.every("all", "all") if each.name == name), None)


def languages_of(batch: Batch) -> Sequence[str]:
    stored = stored_workspace(batch)
    return batch.account.get("languages") or (stored.languages if stored else ("eng",))


def _language(draw: Draw, languages: Sequence[str]) -> str:
    is_first = len(languages) == 1 or draw.fraction("language") < LANGUAGE_SHARE
    return languages[0] if is_first else draw.pick(languages[1:], "other language")


def make_users(batch: Batch) -> Maker:
    home, where = country(batch), batch.account.get("name") or batch.account.get("uuid") or ""
    domain = "".join(char for char in where.lower() if char.isascii() and char.isalnum())

    def user(n: int) -> Made:
        draw = batch.draw(n)
        somebody = people.person(draw, home)
        return {
            "email": somebody.email(f"{n + 1}.{domain or 'workspace'}.example"),
            "first_name": somebody.first,
            "last_name": somebody.last,
            "role": draw.weighted(
                (("editor", 0.4), ("agent", 0.5), ("administrator", 0.1)), "role"
            ),
            "created_on": batch.moment(n, YEARS, MONTHS),
            "tokens": [f"rp_{draw.number('token'):032x}"],
        }

    return user


def make_contacts(batch: Batch) -> Maker:
    home, languages, common = country(batch), languages_of(batch), batch.common
    groups = [
        group["name"]
        for group in batch.listed("groups")
        if not group.get("query") and not group.get("deleted") and group.get("name")
    ]
    fields = _field_makers(batch, home)
    # Nobody else can be in a group.
    usual = batch.given.get("status") or ("active" if batch.given.get("groups") else None)

    def contact(n: int) -> Made:
        draw = batch.draw(n)
        since = batch.born("created_on", n, YEARS, MONTHS)
        status = usual or draw.weighted(STATUSES, "status")
        made: Made = {
            "name": people.person(draw, home).name,
            "language": _language(draw, languages),
            "urns": [f"tel:{people.mobile(home, common, n)}"],
            "status": status,
            "created_on": since,
            "fields": {key: make(draw, since) for key, make in fields},
        }
        if draw.fraction("seen") < LANGUAGE_SHARE:
            made["last_seen_on"] = between(since, batch.now, draw.fraction("seen on"))
        made["modified_on"] = made.get("last_seen_on", made["created_on"])
        if status == "active" and groups:
            made["groups"] = _some(draw, groups)
        return made

    return contact


def _some(draw: Draw, groups: Sequence[str]) -> list[str]:
    wanted = draw.weighted(((0, 0.2), (1, 0.5), (2, 0.3)), "groups")
    return list(dict.fromkeys(draw.pick(groups, f"group {at}") for at in range(wanted)))


Value = Callable[[Draw, datetime], Any]


def _field_makers(batch: Batch, home: str) -> list[tuple[str, Value]]:
    """Return what makes values of fields: where others have some already, like those."""
    spelled = [one for one in batch.owner.get("contacts", ()) if isinstance(one, dict)]
    found = []
    for field in batch.listed("fields"):
        key = field.get("key")
        if not isinstance(key, str) or field.get("deleted"):
            continue
        used = [(one.get("fields") or {}).get(key) for one in spelled]
        texts = tuple(dict.fromkeys(one for one in used if isinstance(one, str) and one))
        found.append((key, _value(batch, field.get("type"), key, texts, home)))
    return found


def _value(batch: Batch, type: object, key: str, texts: Sequence[str], home: str) -> Value:
    if type == "number":
        return lambda draw, _since: draw.below(6, key)
    if type == "datetime":
        return lambda draw, _since: (
            (batch.now + timedelta(days=draw.below(240, key) - 120)).date().isoformat()
        )
    if texts:
        return lambda draw, _since: draw.pick(texts, key)
    if type != "text":
        # Places must be those of the workspace's boundaries.
        names = [one["name"] for one in batch.listed("boundaries") if one.get("level") == 1]
        return lambda draw, _since: draw.pick(names, key) if names and type == "state" else None
    towns = people.towns(home)
    return lambda draw, _since: draw.pick(towns, key)


def known_people(batch: Batch) -> list[Known]:
    """Return the contacts who can be written to: the fixture's, else the sandbox's."""
    found = [_from_fixture(batch, one) for one in batch.listed("contacts") if _is_reachable(one)]
    stored = stored_workspace(batch)
    if found or stored is None:
        return found
    records = batch.sandbox.store.table(CONTACTS).every("modified", (stored.id,))
    return [
        Known(
            one.id,
            (one.name or "").partition(" ")[0],
            one.language or "eng",
            one.created_on,
            one.last_seen_on,
            frozenset(),
        )
        for one in sorted(records, key=lambda contact: contact.serial)
        if one.urns and one.status == "active" and not one.is_deleted
    ]


def known_names(batch: Batch, kind: Kind[Any], key: str = "name") -> list[str]:
    """Return what the objects of another list go by: the fixture's, else the sandbox's."""
    listed = batch.listed(kind.name.rpartition(".")[2])
    found = [one[key] for one in listed if one.get(key) and one.get("deleted") is not True]
    stored = stored_workspace(batch)
    if found or stored is None:
        return found
    records = [one for one in batch.sandbox.store.table(kind) if one.workspace == stored.id]
    records.sort(key=lambda record: record.serial)
    names = (getattr(one, key) for one in records if not one.is_deleted)
    return [name for name in names if name]


def _is_reachable(given: Mapping[str, Any]) -> bool:
    is_alive = given.get("status", "active") == "active" and given.get("deleted") is not True
    return is_alive and bool(given.get("urns"))


def _from_fixture(batch: Batch, given: Mapping[str, Any]) -> Known:
    name, seen = given.get("name"), given.get("last_seen_on")
    return Known(
        str(given.get("uuid") or given["urns"][0]),
        name.partition(" ")[0] if isinstance(name, str) else "",
        str(given.get("language") or "eng"),
        min(moment_of(given.get("created_on")) or batch.now - timedelta(days=1), batch.now),
        moment_of(seen),
        frozenset(map(str, given.get("groups") or ())),
    )


def somebody_of(draw: Draw, everybody: Sequence[Known]) -> Known | None:
    return everybody[draw.settled(len(everybody), "contact")] if everybody else None


def group_names(batch: Batch) -> list[str]:
    return known_names(batch, GROUPS) or ["Open Tickets"]


def make_notes(batch: Batch) -> Maker:
    texts = wording.SENT["eng"]
    return lambda n: {"text": batch.draw(n).pick(texts, "text").format(first="caller")}
