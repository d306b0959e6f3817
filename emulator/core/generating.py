"""Fill lists of fixtures with made-up objects: ``{"$generate": {"count": 500, …}}``.

What the n-th object of a list is depends on the sandbox's seed, on whose list it is and on n:
it stays what it is when the list grows or another list is added. Besides, ``{"$now": "-2d"}``
stands for a moment as seen from the sandbox's clock, wherever a fixture has a value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from .drawing import Draw, between
from .durations import parse_duration
from .errors import Problem, Problems, escape, nearest
from .moments import moment_of

if TYPE_CHECKING:
    from .sandbox import Sandbox
    from .vendor import Vendor

GENERATE, NOW = "$generate", "$now"
MOST = 1_000_000
SOON = 500
NOTHING = timedelta()
_NAMES = ("id", "uuid", "name", "email", "key", "url")

Made = dict[str, Any]
Maker = Callable[[int], Made]


def plain(value: Any) -> Any:
    """Return something generated as JSON writes it: moments and histories in full."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, tuple):
        return [{"status": step.state, "at": plain(step.at)} for step in value]
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03d}Z"
    return value


class Batch:
    """One ``$generate``: where it stands, what is said of all its objects, what they draw from.

    :param path: the names of the lists around it, the outermost first.
    :param given: the fields that all its objects have.
    :param owner: the object that the list belongs to.
    :param account: the outermost object around the list; empty where the list is of accounts.
    """

    def __init__(
        self, found: Sandbox, path: tuple[str, ...], given: Made, owners: Sequence[_Scope], at: int
    ) -> None:
        self.sandbox = found
        self.now: datetime = found.clock.now().replace(microsecond=0)
        self.path = path
        self.given = given
        self._owners = owners
        self.owner: Mapping[str, Any] = owners[-1].given if owners else {}
        self.account: Mapping[str, Any] = owners[0].given if owners else {}
        places = [f"{name}={owner.name}" for name, owner in zip(path, owners, strict=False)]
        self._start = found.draws.begin("generate", *places, path[-1], at)

    @property
    def name(self) -> str:
        """The name of the list."""
        return self.path[-1]

    def draw(self, n: int) -> Draw:
        """Return the draws for the n-th object."""
        start = self._start.copy()
        start.update(b"%d\x1f" % n)
        return Draw(start)

    @property
    def common(self) -> Draw:
        """The draws for all objects together."""
        return self.draw(-1)

    def moment(self, n: int, oldest: timedelta, youngest: timedelta = NOTHING) -> datetime:
        """Return when the n-th object was made: each after the one before, all before now.

        :param oldest: how long ago the first was made; the others come closer and closer.
        """
        return between(self.now - oldest, self.now - youngest, n / (SOON + n))

    def born(self, key: str, n: int, oldest: timedelta, youngest: timedelta = NOTHING) -> datetime:
        """Return when the n-th object was made: what is said of all, else its ``moment``."""
        said = moment_of(self.given.get(key))
        return self.moment(n, oldest, youngest) if said is None else min(said, self.now)

    def is_ahead(self, key: str) -> bool:
        """Say whether all the objects are given a moment that is still to come."""
        said = moment_of(self.given.get(key))
        return said is not None and said > self.now

    def listed(self, name: str) -> list[Any]:
        """Return another list of the same account, generated objects included."""
        listed = self._owners[0].listed(name) if self._owners else []
        return [one for one in listed if isinstance(one, dict)]

    def spelled(self, name: str) -> list[Any]:
        """Return the objects that another list of the same account spells out."""
        listed = self.account.get(name)
        return [
            one
            for one in (listed if isinstance(listed, list) else ())
            if isinstance(one, dict) and GENERATE not in one
        ]

    def taken(self, field: str) -> set[str]:
        """Return what objects that the fixture spells out in this list have in a field."""
        listed = self._owners[-1].given.get(self.name) if self._owners else None
        found = (one.get(field) for one in listed or () if isinstance(one, dict))
        return {value.lower() for value in found if isinstance(value, str)}


class _Scope:
    """An object of a vendor's part, with its lists as far as they have been expanded."""

    def __init__(
        self, expander: _Expander, given: Mapping[str, Any], place: _Place, at: int
    ) -> None:
        self.given = given
        self.name = next((str(given[key]) for key in _NAMES if given.get(key)), str(at))
        self._expander = expander
        self._place = place
        self._lists: dict[str, list[Any]] = {}

    def listed(self, name: str) -> list[Any]:
        value = self.given.get(name)
        if name not in self._lists and isinstance(value, list):
            # Two lists that ask for each other would never come to an end.
            self._lists[name] = []
            self._lists[name] = self._expander.items(value, name, self, self._place)
        return self._lists.get(name, [])

    def whole(self) -> Made:
        made = {}
        for name, value in self.given.items():
            if isinstance(value, list):
                made[name] = self.listed(name)
            else:
                made[name] = self._expander.value(value, f"{self._place.pointer}/{escape(name)}")
        return made


class _Place(NamedTuple):
    """Where an object stands: in the document, and once everything is expanded.

    :param pointer: to the object in the document.
    :param made: to the object in the expanded part.
    :param path: the names of the lists around it.
    :param owners: the objects around these lists.
    """

    pointer: str
    made: str
    path: tuple[str, ...] = ()
    owners: tuple[_Scope, ...] = ()


class Expansion:
    """A vendor's part of a fixture without ``$generate``, and where its objects come from.

    :param stumbled: what kept objects from being made: most likely a mistake in the part, of
        which its reader will tell.
    """

    def __init__(
        self,
        part: Any,
        origins: Mapping[str, Sequence[str]],
        stumbled: Exception | None = None,
    ) -> None:
        self.part = part
        self.stumbled = stumbled
        self._origins = origins

    def traced(self, problems: Iterable[Problem]) -> list[Problem]:
        """Return mistakes with pointers into the document as it was written, each once."""
        found = {}
        for problem in problems:
            pointer = self._traced(problem.pointer) if self._origins else problem.pointer
            key = pointer, problem.message
            if key not in found:
                suggestion = _meant(pointer) or problem.suggestion
                found[key] = Problem(
                    pointer=pointer, message=problem.message, suggestion=suggestion
                )
        return list(found.values())

    def _traced(self, pointer: str) -> str:
        written = made = ""
        head, *segments = pointer.split("/")
        written = made = head
        for segment in segments:
            places = self._origins.get(made)
            is_known = places is not None and segment.isdecimal() and int(segment) < len(places)
            written += f"/{places[int(segment)]}" if places and is_known else f"/{segment}"
            made += f"/{segment}"
        return written


def _meant(pointer: str) -> str | None:
    last = pointer.rpartition("/")[2]
    return nearest(last, (GENERATE, NOW)) if last.startswith("$") else None


def expand(
    found: Sandbox, vendor: Vendor | None, part: Any, pointer: str, problems: Problems
) -> Expansion:
    """Return a part of a fixture with its ``$generate`` and ``$now`` worked out.

    :param vendor: whose part it is; None: objects are made of the given fields alone.
    """
    if not _is_marked(part):
        return Expansion(part, {})
    expander = _Expander(found, vendor, problems)
    if isinstance(part, list):
        above, _, name = pointer.rpartition("/")
        place = _Place(above, above)
        made: Any = expander.items(part, name, _Scope(expander, {}, place, 0), place)
    else:
        made = _Scope(expander, part, _Place(pointer, pointer), 0).whole()
    return Expansion(made, expander.origins, expander.stumbled)


def _is_marked(value: Any) -> bool:
    if isinstance(value, dict):
        return GENERATE in value or NOW in value or any(map(_is_marked, value.values()))
    return isinstance(value, list) and any(map(_is_marked, value))


class _Expander:
    """Works out one part of a fixture."""

    def __init__(self, found: Sandbox, vendor: Vendor | None, problems: Problems) -> None:
        self._found = found
        self._vendor = vendor
        self._problems = problems
        self.origins: dict[str, list[str]] = {}
        self.stumbled: Exception | None = None

    def value(self, value: Any, pointer: str) -> Any:
        """Return a value with the moments in it worked out."""
        if not _is_marked(value):
            return value
        if isinstance(value, list):
            return [self.value(item, f"{pointer}/{at}") for at, item in enumerate(value)]
        if value.keys() == {NOW}:
            return self._moment(value[NOW], f"{pointer}/{NOW}")
        if GENERATE in value:
            self._problems.add(f"{pointer}/{GENERATE}", "Must be an object of its own in a list")
            return value
        return {key: self.value(item, f"{pointer}/{escape(key)}") for key, item in value.items()}

    def _moment(self, given: Any, pointer: str) -> Any:
        text = given if isinstance(given, str) else ""
        moment = now = self._found.clock.now().replace(microsecond=0)
        try:
            span = parse_duration(text.lstrip("+-") or given)
            moment = now - span if text.startswith("-") else now + span
        except (ValueError, OverflowError):
            self._problems.add(pointer, 'Must be a span such as "-2d", "0s" or "+90m"')
        return moment.isoformat().replace("+00:00", "Z")

    def items(self, listed: Sequence[Any], name: str, owner: _Scope, place: _Place) -> list[Any]:
        """Return a list with its ``$generate`` worked out."""
        if not any(map(_is_marked, listed)):
            return list(listed)
        pointer, above = f"{place.pointer}/{escape(name)}", f"{place.made}/{escape(name)}"
        path = (*place.path, name)
        owners = (*place.owners, owner) if place.path else ()
        made: list[Any] = []
        origins: list[str] = []
        batches = 0
        for at, item in enumerate(listed):
            origin, fresh = str(at), [item]
            if isinstance(item, dict) and GENERATE in item:
                fresh = self._batch(item, f"{pointer}/{at}", path, owners, batches)
                origin, batches = f"{at}/{GENERATE}", batches + 1
            # Fields of generated objects may hold lists to be generated in their turn.
            if fresh and _is_marked(fresh[0]):
                whence = _Place(f"{pointer}/{origin}", above, path, owners)
                fresh = [self._item(one, whence, len(made) + n) for n, one in enumerate(fresh)]
            made += fresh
            origins += [origin] * len(fresh)
        if batches:
            self.origins[above] = origins
        return made

    def _item(self, item: Any, place: _Place, at: int) -> Any:
        """Return an item of a list; ``place`` says where the list is, once it is expanded."""
        if not isinstance(item, dict) or item.keys() == {NOW}:
            return self.value(item, place.pointer)
        return _Scope(self, item, place._replace(made=f"{place.made}/{at}"), at).whole()

    def _batch(
        self,
        item: Mapping[str, Any],
        pointer: str,
        path: tuple[str, ...],
        owners: tuple[_Scope, ...],
        number: int,
    ) -> list[Made]:
        given = item[GENERATE]
        for key in item.keys() - {GENERATE}:
            text = f"Fields of all the objects stand inside {GENERATE}"
            self._problems.add(f"{pointer}/{escape(key)}", text)
        if not isinstance(given, dict):
            self._problems.add(f"{pointer}/{GENERATE}", 'Must be an object such as {"count": 500}')
            return []
        count = given.get("count")
        if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= MOST:
            message = f"Must be a whole number from 0 to {MOST:,}"
            self._problems.add(f"{pointer}/{GENERATE}/count", message)
            # There may be more mistakes in the other fields.
            count = 1
        fields = self._fields(given, f"{pointer}/{GENERATE}")
        batch = Batch(self._found, path, fields, owners, number)
        try:
            return self._made(batch, count)
        except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError) as error:
            # Makers look at what other objects say before it has been checked.
            self.stumbled = error
            return [dict(fields)] if count else []

    def _made(self, batch: Batch, count: int) -> list[Made]:
        generate = self._vendor.generate if self._vendor is not None else None
        maker = generate(batch) if generate is not None else None
        if maker is None:
            return [dict(batch.given) for _ in range(count)]
        return [{**maker(n), **batch.given} for n in range(count)]

    def _fields(self, given: Mapping[str, Any], pointer: str) -> Made:
        # Lists are expanded for each object by itself.
        return {
            key: value if isinstance(value, list) else self.value(value, f"{pointer}/{escape(key)}")
            for key, value in given.items()
            if key != "count"
        }
