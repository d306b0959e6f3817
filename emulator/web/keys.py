"""API keys: where they stand in requests, which may be made up, how they are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import msgspec

from emulator.core.errors import NotFound, Problems
from emulator.core.kinds import by_serial, of_account, of_name
from emulator.core.records import Account
from emulator.core.sandbox import Sandbox
from emulator.core.store import Kind, Order, Record

from .parts import Part, read_part

A = TypeVar("A", bound=Account)


def bearer(environ: Mapping[str, Any]) -> str | None:
    """Return the bearer key of a request, None if there is none."""
    scheme, _, key = str(environ.get("HTTP_AUTHORIZATION", "")).partition(" ")
    key = key.strip()
    return key if scheme.lower() == "bearer" and key else None


def is_well_formed(key: str) -> bool:
    """Return whether a key is one that every header can carry: ASCII without blanks."""
    return key.isascii() and key.isprintable() and " " not in key


def stand_in(sandbox: Sandbox, accounts: Kind[A], key: str) -> A | None:
    """Return the account that an unknown key acts as, None where it is to be refused.

    That is the provider's first account, if the sandbox accepts unknown keys and this one is
    well formed.
    """
    if sandbox.settings["unknown_keys"] != "accept" or not is_well_formed(key):
        return None
    return min(sandbox.store.table(accounts), key=lambda account: account.serial, default=None)


class NamedKey(Record, frozen=True, kw_only=True, gc=False):
    """An API key of an account; the plaintext is kept, because these are test keys."""

    account: str
    name: str
    key: str


K = TypeVar("K", bound=NamedKey)

KEY_ORDERS: Mapping[str, Order[Any]] = {
    "account": Order(frozenset({"account"}), of_account, by_serial),
    "name": Order(frozenset({"account", "name"}), of_name, by_serial),
}
"""How the keys of an account are listed, and those of one name."""


def _fine(read: Mapping[str, Any], pointer: str, problems: Problems) -> None:
    return None


class KeyRing(msgspec.Struct, Generic[K], frozen=True):
    """The API keys of one provider, as fixtures write them and testers make them.

    :param kind: has the lookup ``key`` and the orders :data:`KEY_ORDERS`.
    :param part: what fixtures may say of a key.
    :param draw: the plaintext of a new key.
    :param owner: what the vendor calls an account.
    :param check: notes mistakes that only a closer look at the fields read can find.
    """

    kind: Kind[K]
    part: type[Part]
    draw: Callable[[Sandbox], str]
    show: Callable[[K], dict[str, Any]]
    owner: str
    check: Callable[[Mapping[str, Any], str, Problems], None] = _fine

    def of(self, sandbox: Sandbox, account: Record) -> list[K]:
        """Return the keys of an account, oldest first."""
        return sandbox.store.table(self.kind).every("account", account.id)

    def named(self, sandbox: Sandbox, account: Record, name: str) -> list[K]:
        """Return the keys of an account that have a name.

        :raises NotFound: there is none.
        """
        found = self._named(sandbox, account, name)
        if not found:
            raise NotFound(f"{self.owner} {account.id} has no key {name!r}")
        return found

    def _named(self, sandbox: Sandbox, account: Record, name: Any) -> list[K]:
        return sandbox.store.table(self.kind).every("name", (account.id, name))

    def load(
        self, sandbox: Sandbox, account: Record, given: Any, pointer: str, problems: Problems
    ) -> K | None:
        """Add a key, or change the one with the same plaintext, else the same name."""
        read = read_part(self.part(), given, pointer, problems)
        if read is None:
            return None
        before = len(problems.found)
        self.check(read, pointer, problems)
        if len(problems.found) > before:
            return None
        table = sandbox.store.table(self.kind)
        named = self._named(sandbox, account, read.get("name"))
        known = table.one("key", read["key"]) if "key" in read else next(iter(named), None)
        if known is not None and known.account != account.id:
            message = f"{self.owner.capitalize()} {known.account!r} has this key already"
            problems.add(f"{pointer}/key", message)
            return None
        if known is not None:
            return table.put(msgspec.structs.replace(known, **read))
        serial = sandbox.ids.serial(self.kind.name)
        values = {"name": f"key-{serial}", **read}
        values.setdefault("key", self.draw(sandbox))
        made = self.kind.record(id=f"key-{serial}", serial=serial, account=account.id, **values)
        return table.put(made)

    def make(
        self, sandbox: Sandbox, account: Record, given: Mapping[str, Any], problems: Problems
    ) -> dict[str, Any]:
        """Make a key and return it, plaintext included.

        :raises Invalid: the wish has mistakes, or the account has a key of that name.
        """
        name = given.get("name")
        if isinstance(name, str) and self._named(sandbox, account, name):
            message = f"{self.owner.capitalize()} {account.id!r} has a key of this name already"
            problems.add("/name", message)
        plaintext = given.get("key")
        table = sandbox.store.table(self.kind)
        if isinstance(plaintext, str) and table.one("key", plaintext) is not None:
            problems.add("/key", "There is such a key already")
        problems.check()
        key = self.load(sandbox, account, given, "", problems)
        problems.check()
        assert key is not None
        return self.show(key)
