"""Tags of contacts and clients: two families that work alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from emulator.core.sandbox import Sandbox
from emulator.core.store import Kind

from .ids import new_id
from .kinds import CLIENT_TAGS, CLIENTS, CONTACT_TAGS, CONTACTS, canonical
from .records import Client, Contact, Person, Tag
from .webhooks import Teller


class Family(NamedTuple):
    """A family of tags and those who can have them."""

    tags: Kind[Tag]
    people: Kind[Any]


OF_CONTACTS = Family(CONTACT_TAGS, CONTACTS)
OF_CLIENTS = Family(CLIENT_TAGS, CLIENTS)


def family_of(person: Person) -> Family:
    """Return the family that a person's tags belong to."""
    return OF_CONTACTS if isinstance(person, Contact) else OF_CLIENTS


def known(found: Sandbox, family: Family, account: str, wanted: Iterable[str]) -> tuple[str, ...]:
    """Return tags as they are spelled in an account, each once; new ones are made."""
    spelled: dict[str, str] = {}
    for name in wanted:
        tag = find(found, family, account, name) or make(found, family, account, name)
        spelled.setdefault(tag.canonical, tag.name)
    return tuple(spelled.values())


def find(found: Sandbox, family: Family, account: str, name: str) -> Tag | None:
    """Return the tag that a name means, or None."""
    return found.store.table(family.tags).one("name", (account, canonical(name)))


def make(found: Sandbox, family: Family, account: str, name: str, id: str | None = None) -> Tag:
    """Make a tag that is not there yet."""
    now = found.clock.now()
    tag = Tag(
        id=id or new_id(found, family.tags),
        serial=found.ids.serial(family.tags.name),
        account=account,
        created_at=now,
        updated_at=now,
        name=name.strip(),
        canonical=canonical(name),
    )
    found.store.table(family.tags).add(tag)
    return tag


def delete(found: Sandbox, family: Family, tag: Tag) -> None:
    """Delete a tag and take it off everybody; nobody is told."""
    table = found.store.table(family.people)
    bearers = table.every("tag", (tag.account, tag.canonical))
    table.change_all([(person, {"tags": without(person.tags, (tag.name,))}) for person in bearers])
    found.store.table(family.tags).drop(tag.id)


def without(tags: Sequence[str], gone: Iterable[str]) -> tuple[str, ...]:
    """Return tags without some of them."""
    dropped = set(map(canonical, gone))
    return tuple(tag for tag in tags if canonical(tag) not in dropped)


def add(found: Sandbox, person: Any, wanted: Iterable[str]) -> Any:
    """Give a person tags, and tell of those that are new to the person."""
    spelled = known(found, family_of(person), person.account, wanted)
    return replace(found, person, (*person.tags, *without(spelled, person.tags)))


def remove(found: Sandbox, person: Any, wanted: Iterable[str]) -> Any:
    """Take tags off a person, and tell of those that the person had."""
    return replace(found, person, without(person.tags, wanted))


def replace(found: Sandbox, person: Any, tags: tuple[str, ...]) -> Any:
    """Let these be a person's tags; tell of what was added and what was removed.

    :param tags: as they are spelled in the account.
    """
    added, removed = without(tags, person.tags), without(person.tags, tags)
    if tags == person.tags:
        return person
    table = found.store.table(family_of(person).people)
    after: Contact | Client = table.change(person, tags=tags, updated_at=found.clock.now())
    teller = Teller(found)
    if added:
        teller.of_person("tag_added", after, addedTags=added)
    if removed:
        teller.of_person("tag_removed", after, removedTags=removed)
    return after
