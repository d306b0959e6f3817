"""Read the contacts of a contact list from fixtures; there may be very many."""

from __future__ import annotations

from typing import Any

import msgspec

from emulator.core.errors import Problems
from emulator.core.sandbox import Sandbox
from emulator.web.parts import read_part

from . import fixture_parts as parts
from .records import CONTACTS, Contact, ContactList


class Roll:
    """The members of a list while it is read; new contacts are stored in one go at its end."""

    def __init__(self, found: Sandbox, listed: ContactList, problems: Problems) -> None:
        self._found = found
        self._list = listed
        self._problems = problems
        self._table = found.store.table(CONTACTS)
        self._members = dict.fromkeys(listed.contacts)
        self._new: dict[str, Contact] = {}
        self._phones: dict[str, str] = {}

    def enter(self, given: Any, pointer: str) -> None:
        """Add a contact, or change the one with its UUID, else with its phone number."""
        read = read_part(parts.CONTACT, given, pointer, self._problems)
        if read is None:
            return
        uuid = read.pop("uuid", None)
        known = self._known(uuid, read.get("phone"))
        if known is not None and known.account != self._list.account:
            self._problems.add(f"{pointer}/uuid", f"Workspace {known.account!r} has this contact")
            return
        contact = self._made(uuid, read) if known is None else self._changed(known, read)
        self._members[contact.id] = None
        if known is None or contact.id in self._new:
            self._new[contact.id] = contact
            if contact.phone is not None:
                self._phones[contact.phone] = contact.id
        elif contact is not known:
            self._table.put(contact)

    def store(self) -> tuple[str, ...]:
        """Store what is new and return the ids of all members."""
        self._table.add_all(list(self._new.values()))
        return tuple(self._members)

    def _known(self, uuid: str | None, phone: str | None) -> Contact | None:
        if uuid is not None:
            return self._new.get(uuid) or self._table.find(uuid)
        if phone is None:
            return None
        new = self._new.get(self._phones.get(phone, ""))
        is_current = new is not None and new.phone == phone
        return new if is_current else self._table.one("phone", (self._list.account, phone))

    def _made(self, uuid: str | None, read: dict[str, Any]) -> Contact:
        now = self._found.clock.now()
        values = {"created_at": now, "updated_at": read.get("created_at", now), **read}
        return Contact(
            id=uuid or self._found.ids.uuid4(CONTACTS.name),
            serial=self._found.ids.serial(CONTACTS.name),
            account=self._list.account,
            lists=(self._list.id,),
            **values,
        )

    def _changed(self, known: Contact, read: dict[str, Any]) -> Contact:
        if "custom_fields" in read:
            read["custom_fields"] = {**known.custom_fields, **read["custom_fields"]}
        is_in = self._list.id in known.lists
        lists = known.lists if is_in else (*known.lists, self._list.id)
        changed = msgspec.structs.replace(known, lists=lists, **read)
        if changed == known:
            return known
        at = read.get("updated_at", self._found.clock.now())
        return msgspec.structs.replace(changed, updated_at=at)
