"""What a vendor's API can do, and how we know: one mark on each view."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeVar

import msgspec

Evidence = Literal["documented", "observed", "assumed"]
LEVELS: tuple[Evidence, ...] = ("documented", "observed", "assumed")
#: Says in the JSON schema of a field that an object there may hold more, which nobody reads.
IGNORES_OTHERS = "x-emulator-ignores-others"
View = TypeVar("View", bound=Callable[..., Any])


class Operation(msgspec.Struct, frozen=True):
    """One thing a vendor's API can do.

    :param id: short name, unique within the provider: ``sms.create``.
    :param source: address of the page that documents it, or what was observed.
    :param read_on: the day the source was read (ISO date).
    :param takes: marshmallow schema of the body, for OpenAPI: a class, an instance where it is
        partial, or several of them; a field of a kind of its own says with ``json_schema()``
        what is meant to stand there.
    :param media: the types of body that are read, for OpenAPI.
    :param asks: names of the parameters of the query, for OpenAPI.
    :param gives: typed dictionary that says what the answer holds, for OpenAPI; bytes: a file.
    :param also: operations that share path and method; the view finds out which one is meant
        and says so with :func:`.context.become`.
    :param answers: the statuses of answers that are no errors, for OpenAPI.
    """

    id: str
    evidence: Evidence
    source: str
    read_on: str
    takes: Any = None
    gives: Any = None
    extras: Mapping[str, Any] | None = None
    also: tuple[Operation, ...] = ()
    answers: tuple[int, ...] = ()
    media: tuple[str, ...] = ("application/json",)
    asks: tuple[str, ...] = ()

    @property
    def forms(self) -> tuple[Any, ...]:
        """The schemas of the body: none, one or several."""
        if self.takes is None:
            return ()
        return self.takes if isinstance(self.takes, tuple) else (self.takes,)


class Unserved(msgspec.Struct, frozen=True):
    """A documented operation that is not imitated, and why."""

    id: str
    source: str
    why: str


def operation(  # noqa: PLR0913 - each is asked for by its name
    id: str,
    *,
    source: str,
    read_on: str,
    evidence: Evidence = "documented",
    takes: Any = None,
    gives: Any = None,
    answers: tuple[int, ...] = (),
    media: tuple[str, ...] = ("application/json",),
    asks: tuple[str, ...] = (),
    **extras: Any,
) -> Callable[[View], View]:
    """Mark a view as an operation; ``extras`` are for the provider's own use (a scope, …)."""

    def mark(view: View) -> View:
        marked = Operation(
            id, evidence, source, read_on, takes, gives, extras, (), answers, media, asks
        )
        view.operation = marked  # type: ignore[attr-defined]
        return view

    return mark


def operation_of(view: Any) -> Operation | None:
    """Return the operation that a view is marked as, or None."""
    found = getattr(view, "operation", None)
    return found if isinstance(found, Operation) else None


def weakest(levels: Iterable[Evidence]) -> Evidence:
    """Return the weakest of some levels; ``documented`` where there are none."""
    return max(levels, key=LEVELS.index, default="documented")
