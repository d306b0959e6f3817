"""Lists that can say why they are not what a test expects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Generic, TypeVar, overload

from .errors import ClientError, Unexpected

T = TypeVar("T")
MOST_SHOWN = 10
_PHRASES = {
    "to": "to {}",
    "from": "from {}",
    "status": "with status {}",
    "state": "that {}",
    "event": "of event {}",
    "provider": "at {}",
    "subject": "about {}",
}
_STATES = {"pending": "is pending", "succeeded": "succeeded", "failed": "failed"}


class Found(Sequence[T], Generic[T]):
    """What was found, newest first unless said otherwise; a sequence with expectations.

    :param noun: what the things are called: ``message``.
    :param describe: one line about one of them.
    :param asked: the filters, for the wording.
    :param others: what there is without the filters; asked only when something is amiss.
    :param hint: advice for when nothing was found.
    """

    def __init__(
        self,
        items: Iterable[T],
        noun: str,
        describe: Callable[[T], str],
        *,
        asked: Mapping[str, Any] | None = None,
        others: Callable[[], Found[T]] | None = None,
        hint: Callable[[], str] | None = None,
    ) -> None:
        self._items = list(items)
        self._noun, self._describe = noun, describe
        self._asked = {
            name: value for name, value in (asked or {}).items() if value not in (None, ())
        }
        self._others, self._hint = others, hint

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> list[T]: ...
    def __getitem__(self, at: int | slice) -> T | list[T]:
        if isinstance(at, int) and not -len(self._items) <= at < len(self._items):
            # Python's own loops end by this error, too.
            raise IndexError(f"no item {at}: {self._counted(len(self._items))}")
        return self._items[at]

    def __len__(self) -> int:
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Found):
            return self._items == other._items
        return isinstance(other, list | tuple) and self._items == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """Say what was found, or what is there instead, where a failed assertion shows it."""
        if not self._items:
            return f"<{self._nothing()}>"
        return f"<{self._several(self._counted(len(self)))}>"

    @property
    def all(self) -> list[T]:
        """Everything found."""
        return list(self._items)

    def one(self) -> T:
        """Return the only one.

        :raises Unexpected: there is none, or more than one; says what there is.
        """
        __tracebackhide__ = True  # Pytest then points at the line in the test.
        return self.exactly(1)[0]

    def exactly(self, count: int) -> list[T]:
        """Return all, which must be that many.

        :raises Unexpected: there are more or fewer; says what there is.
        """
        __tracebackhide__ = True
        if len(self._items) == count:
            return self.all
        if not self._items:
            raise Unexpected(self._nothing())
        raise Unexpected(self._several(f"{self._counted(len(self))} instead of {count}"))

    def none(self) -> None:
        """Expect that there is nothing.

        :raises Unexpected: there is something; says what.
        """
        __tracebackhide__ = True
        if self._items:
            raise Unexpected(self._several(f"{self._counted(len(self))} instead of none"))

    def first(self) -> T:
        """Return the first in the list's order.

        :raises Unexpected: there is none; says what there is.
        """
        __tracebackhide__ = True
        if not self._items:
            raise Unexpected(self._nothing())
        return self._items[0]

    def where(self, condition: Callable[[T], bool] | None = None, /, **fields: Any) -> Found[T]:
        """Return those that meet a condition and have these values in their fields."""
        kept = [
            item
            for item in self._items
            if (condition is None or condition(item))
            and all(getattr(item, name) == value for name, value in fields.items())
        ]
        return Found(
            kept,
            self._noun,
            self._describe,
            asked={**self._asked, **fields},
            others=lambda: self,
            hint=self._hint,
        )

    def summary(self, asked: Mapping[str, Any]) -> str:
        """Return what there is in words, for somebody who has asked for something else."""
        return self._several(self._counted(len(self), asked))

    def _nothing(self) -> str:
        lines = [f"no {self._noun}{self._criteria()}"]
        with suppress(ClientError):  # The wording must not hide what is amiss.
            others = self._others() if self._others is not None else None
            if others:
                lines[0] += f"; {others.summary(self._asked)}"
            if self._hint is not None and (advice := self._hint()):
                lines.append(advice)
        return "\n".join(lines)

    def _several(self, head: str) -> str:
        lines = [f"  {self._describe(item)}" for item in self._items[:MOST_SHOWN]]
        left = len(self._items) - len(lines)
        return "\n".join([head, *lines, *([f"  and {left} more"] if left else [])])

    def _counted(self, count: int, asked: Mapping[str, Any] | None = None) -> str:
        noun = self._noun if count == 1 else f"{self._noun}s"
        for name in ("to", "from", "event"):
            if asked and name in asked:
                attribute = "from_" if name == "from" else name
                values = dict.fromkeys(str(getattr(item, attribute)) for item in self._items)
                return f"{count} {noun} {_PHRASES[name].format('')[:-1]}: {_listed(values)}"
        return f"{count} {noun}{self._criteria()}"

    def _criteria(self) -> str:
        return "".join(f" {_phrase(name, value)}" for name, value in self._asked.items())


def _listed(values: Iterable[str]) -> str:
    shown = list(values)
    more = f", and {len(shown) - MOST_SHOWN} more" if len(shown) > MOST_SHOWN else ""
    return ", ".join(shown[:MOST_SHOWN]) + more


def _phrase(name: str, value: Any) -> str:
    if name == "state":
        return f"that {_STATES.get(str(value), value)}"
    return _PHRASES.get(name, f"with {name} {{}}").format(value)
