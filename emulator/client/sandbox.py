"""One sandbox: its clock, its rules, its accounts, and what happened in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, Unpack
from urllib.parse import quote

import msgspec

from . import records
from .errors import NotFound
from .fields import (
    AnyFault,
    Document,
    Duration,
    EndpointChange,
    Fixture,
    Likely,
    Limits,
    Listener,
    Moment,
    Rule,
    fault,
    outcome_rule,
)
from .handles import ProviderHandle, handle
from .traffic import Traffic
from .transport import Transport, place


class Sandbox(Traffic):
    """A sandbox of a server. As a context manager it is deleted at the end.

    :ivar secrets: of the endpoints that were made through this object.
    """

    def __init__(self, transport: Transport, name: str, world: records.World | None = None) -> None:
        super().__init__(transport, name)
        self._world = world
        self.secrets: list[str] = []

    def __repr__(self) -> str:
        return f"<Sandbox {self.name} at {self._transport.url}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(NotFound):  # Somebody may have ended it on the way.
            self.delete()

    # Itself

    def show(self) -> records.World:
        """Show the sandbox with its clock, and the base URLs and keys of its vendors."""
        self._world = msgspec.convert(self._call("GET", ""), records.World)
        return self._world

    @property
    def seed(self) -> int:
        """The seed of everything that is drawn."""
        return self._known.seed

    @property
    def providers(self) -> Mapping[str, records.Access]:
        """Where each vendor is reached, with the accounts and keys it began with."""
        return self._known.providers

    def provider(
        self, slug: str, account: str | None = None, key: str | None = None
    ) -> ProviderHandle:
        """Return what a client of a vendor needs.

        :param account: id of the account; None: the first.
        :param key: name of the key; None: the first.
        :raises LookupError: there is no such vendor, account or key.
        """
        if slug not in self.providers:
            raise LookupError(f"no provider {slug!r}; there are: {', '.join(self.providers)}")
        return handle(slug, self.providers[slug], account, key)

    @property
    def _known(self) -> records.World:
        return self._world if self._world is not None else self.show()

    def delete(self) -> None:
        """End the sandbox: none of its timers fires and none of its callbacks leaves any more."""
        self._call("DELETE", "")

    def reset(self, to: str | None = None) -> records.World:
        """Put it back to what it was created from, or empty it: ``to="empty"``."""
        body = {} if to is None else {"to": to}
        self._world = msgspec.convert(self._call("POST", "/reset", body), records.World)
        return self._world

    def fixtures(self, fixture: Fixture) -> records.World:
        """Merge a fixture: a name, a document or a list of them; all of it, or nothing."""
        self._world = msgspec.convert(self._call("POST", "/fixtures", fixture), records.World)
        return self._world

    def snapshot(self) -> dict[str, Any]:
        """Return the whole sandbox, but for its journal, as one document."""
        document: dict[str, Any] = self._call("GET", "/snapshot")
        return document

    def as_fixture(self) -> dict[str, Any]:
        """Return what other sandboxes can begin with to be as this one is."""
        document: dict[str, Any] = self._call("GET", "/snapshot", query={"as": "fixture"})
        return document

    def restore(self, snapshot: Document) -> records.World:
        """Continue a snapshot here."""
        self._world = msgspec.convert(self._call("PUT", "/snapshot", snapshot), records.World)
        return self._world

    # Time

    def clock(self) -> records.Clock:
        """Show the clock and what it has before it."""
        return msgspec.convert(self._call("GET", "/clock"), records.Clock)

    def set_clock(
        self,
        mode: str | None = None,
        *,
        now: Moment | None = None,
        rate: float | None = None,
    ) -> records.Clock:
        """Let the clock be ``real`` or ``manual``, stand at a later time, or run faster.

        :raises Conflict: the time given has passed.
        """
        given = {"mode": mode, "now": now, "rate": rate}
        body = {name: value for name, value in given.items() if value is not None}
        return msgspec.convert(self._call("PUT", "/clock", body), records.Clock)

    def advance(
        self,
        by: Duration | None = None,
        *,
        to: Moment | None = None,
        until: str | tuple[str, str] | None = None,
        detail: bool = False,
        **limits: Unpack[Limits],
    ) -> records.Ledger:
        """Let time pass: exactly one of ``by``, ``to`` and ``until``. Returns when it is done.

        :param until: ``"idle"``, or the id of a message and a status.
        :param detail: have a log of everything that happened in the ledger.
        """
        goal: Any = until
        if isinstance(until, tuple):
            goal = {"message": until[0], "status": until[1]}
        given = {"by": by, "to": to, "until": goal}
        body = {name: value for name, value in given.items() if value is not None}
        body, query = {**body, **limits}, {"detail": detail}
        answer = self._call("POST", "/clock/advance", body, query, is_patient=True)
        return msgspec.convert(answer, records.Ledger)

    # What becomes of messages and requests

    def outcome(self, outcome: str, **rule: Unpack[Rule]) -> dict[str, Any]:
        """Say what becomes of messages: this rule goes before all others.

        :param error: code and message of the vendor's error.
        """
        made: dict[str, Any] = self._call("POST", "/outcomes", outcome_rule(outcome, rule))
        return made

    def outcomes(self) -> list[dict[str, Any]]:
        """List the outcome rules in their order, each with its hits."""
        return self._items("/outcomes", {})

    def set_outcomes(self, rules: Sequence[Document]) -> list[dict[str, Any]]:
        """Put other outcome rules in the place of all."""
        self._call("PUT", "/outcomes", {"rules": rules})
        return self.outcomes()

    def drop_outcome(self, id: str) -> None:
        """Remove one outcome rule."""
        self._call("DELETE", f"/outcomes/{quote(id)}")

    def explain(self, provider: str, to: str, **message: Unpack[Likely]) -> records.Explanation:
        """Say what would become of a message, which rule decides it and why others do not."""
        body = {"provider": provider, "to": to, **message}
        return msgspec.convert(self._call("POST", "/outcomes/explain", body), records.Explanation)

    def fault(self, error: str | None = None, **fields: Unpack[AnyFault]) -> dict[str, Any]:
        """Let requests go wrong: by the name of an error, or as ``status``, ``delay``, ``drop``
        or ``malformed`` say."""
        made: dict[str, Any] = self._call("POST", "/faults", fault(error, fields))
        return made

    def faults(self) -> list[dict[str, Any]]:
        """List the faults, oldest first, each with its hits."""
        return self._items("/faults", {})

    def drop_fault(self, id: str) -> None:
        """Remove one fault."""
        self._call("DELETE", f"/faults/{quote(id)}")

    def clear_faults(self) -> None:
        """Remove all faults."""
        self._call("DELETE", "/faults")

    # Where callbacks go

    def endpoint(self, provider: str, url: str, **listener: Unpack[Listener]) -> records.Endpoint:
        """Have callbacks sent to a URL; a secret that is not given is drawn."""
        body = {"provider": provider, "url": url, **listener}
        made = msgspec.convert(self._call("POST", "/endpoints", body), records.Endpoint)
        if made.secret:
            self.secrets.append(made.secret)
        return made

    def endpoints(self, provider: str | None = None) -> list[records.Endpoint]:
        """List the endpoints, oldest first, however they were registered."""
        items = self._items("/endpoints", {"provider": provider})
        return msgspec.convert(items, list[records.Endpoint])

    def change_endpoint(self, id: str, **fields: Unpack[EndpointChange]) -> records.Endpoint:
        """Change the fields given."""
        changed = self._call("PATCH", f"/endpoints/{quote(id)}", fields)
        return msgspec.convert(changed, records.Endpoint)

    def drop_endpoint(self, id: str) -> None:
        """Remove an endpoint; what it is still owed is never sent."""
        self._call("DELETE", f"/endpoints/{quote(id)}")

    def sink_url(self, path: str = "all") -> str:
        """Return a URL of the sandbox's own receiver of callbacks."""
        return f"{self._transport.url}/_emulator{place(self.name)}/sink/{path}"

    def sink(self) -> list[records.Received]:
        """List what the sandbox's own receiver got, oldest first."""
        return msgspec.convert(self._items("/sink", {}), list[records.Received])

    def script_sink(self, script: Sequence[int | str]) -> None:
        """Say how the next callbacks to the sandbox's own receiver are answered."""
        self._call("PUT", "/sink", {"script": script})

    def clear_sink(self) -> None:
        """Forget what the sandbox's own receiver got, and its script."""
        self._call("DELETE", "/sink")

    # Accounts and settings

    def accounts(self, provider: str | None = None) -> list[dict[str, Any]]:
        """List the accounts in their fixture form with live values."""
        return self._items("/accounts", {"provider": provider})

    def account(self, provider: str, id: str) -> dict[str, Any]:
        """Show one account."""
        shown: dict[str, Any] = self._call("GET", f"/accounts/{quote(provider)}/{quote(id)}")
        return shown

    def create_account(self, provider: str, account: Document) -> dict[str, Any]:
        """Add an account, in the form that fixtures have."""
        made: dict[str, Any] = self._call("POST", f"/accounts/{quote(provider)}", account)
        return made

    def change_account(self, provider: str, id: str, changes: Document) -> dict[str, Any]:
        """Merge a document into an account."""
        changed: dict[str, Any] = self._call(
            "PATCH", f"/accounts/{quote(provider)}/{quote(id)}", changes
        )
        return changed

    def create_key(self, provider: str, account: str, key: Document) -> dict[str, Any]:
        """Make an API key of an account; the key itself is in the answer."""
        made: dict[str, Any] = self._call(
            "POST", f"/accounts/{quote(provider)}/{quote(account)}/keys", key
        )
        return made

    def revoke_key(self, provider: str, account: str, name: str) -> None:
        """Revoke an API key by its name."""
        self._call("DELETE", f"/accounts/{quote(provider)}/{quote(account)}/keys/{quote(name)}")

    def reset_rate_limits(self, provider: str | None = None, account: str | None = None) -> None:
        """Forget the requests counted for rate limits: all, a vendor's, or an account's."""
        given = {"provider": provider, "account": account}
        body = {name: value for name, value in given.items() if value is not None}
        self._call("POST", "/rate-limits/reset", body)

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Merge settings into those in force, if any are given; show all of them."""
        if changes:
            shown: dict[str, Any] = self._call("PATCH", "/settings", changes)
        else:
            shown = self._call("GET", "/settings")
        return shown
