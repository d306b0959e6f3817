"""Values: what the texts of contact fields and of filters mean, and how values are written.

How the engine reads dates and numbers is known from examples only; the corner cases are assumed.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import msgspec

from emulator.core.kinds import Instant
from emulator.core.moments import local

MAX_TEXT: Final = 640
PATH_SEPARATOR: Final = " > "
LEVELS: Final = {"state": 1, "district": 2, "ward": 3}

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?0*\d{1,4})?", re.ASCII | re.IGNORECASE)
_LARGEST_NUMBER = Decimal("9" * 24)
# Assumed: more decimal places than this are rounded, so that 1e-9999 stays short.
_SMALLEST_STEP = Decimal("1e-36")
_ROUNDING = Context(prec=100, rounding=ROUND_HALF_EVEN)

_SHORTEST_DATE = len("1.2.26")
_FULL_ISO = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)", re.ASCII
)
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_YEAR_FIRST = re.compile(r"\b(\d{4})[-.\\/_](\d{1,2})[-.\\/_](\d{1,2})\b", re.ASCII)
_YEAR_LAST = re.compile(r"\b(\d{1,2})[-.\\/_](\d{1,2})[-.\\/_](\d{4}|\d\d)\b", re.ASCII)
_TIME = re.compile(
    r"\b(\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d+))?)?\W*([ap]m)?\b", re.ASCII | re.IGNORECASE
)
_LENIENT_ISO = re.compile(
    r"""
    (?P<year>\d{4})
    (?:
        (?: -(?P<month>\d{1,2})-(?P<day>\d{1,2}) | (?P<month2>\d\d)(?P<day2>\d\d) )
        (?:
            [T ](?P<hour>\d\d)
            (?: :?(?P<minute>\d\d) (?: :?(?P<second>\d{1,2}) (?:[.,](?P<fraction>\d+))? )? )?
            (?P<zone> Z | [+-]\d\d(?: :?\d\d )? )?
        )?
    |
        -(?P<month3>\d{1,2})
    )?
    """,
    re.ASCII | re.VERBOSE,
)


class Locations(Protocol):
    """The places of a workspace, written as paths from the country: `Kenya > Nairobi`."""

    def at_path(self, path: str) -> str | None:
        """Return a path as it is stored, found in any case, or None if there is no such place."""

    def named(self, name: str, level: int, parent: str | None) -> str | None:
        """Return the path of the place of that name, found in any case, or None.

        :param level: 1 for states, 2 for districts, 3 for wards.
        :param parent: the path it must lie in; None for states.
        """


class FieldValue(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What a contact has in a field: the text, and all that it can be read as.

    All readings are kept, because a field may change its type. Places are paths.
    """

    text: str
    number: Decimal | None = None
    datetime: Instant | None = None
    state: str | None = None
    district: str | None = None
    ward: str | None = None


class Reader(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Reads texts the way a workspace writes its dates and names its places."""

    timezone: ZoneInfo
    date_style: str
    now: datetime
    locations: Locations | None = None

    def read(self, text: str, kind: str, above: str | None = None) -> FieldValue:
        """Return what a text means in a field.

        :param text: not empty; blanks around it have been taken off.
        :param kind: the type of the field.
        :param above: the path of the contact's state for a district, of its district for a ward.
        """
        text = text[:MAX_TEXT]
        state, district, ward = self._places(text, kind, above)
        return FieldValue(
            text=text,
            number=read_number(text),
            datetime=read_datetime(text, self.timezone, self.date_style, self.now),
            state=state,
            district=district,
            ward=ward,
        )

    def _places(
        self, text: str, kind: str, above: str | None
    ) -> tuple[str | None, str | None, str | None]:
        path = self._path(text, kind, above)
        if path is None:
            return None, None, None
        names = path.split(PATH_SEPARATOR)
        state, district, ward = (
            PATH_SEPARATOR.join(names[: level + 1]) if len(names) > level else None
            for level in LEVELS.values()
        )
        return state, district, ward

    def _path(self, text: str, kind: str, above: str | None) -> str | None:
        if self.locations is None:
            return None
        separator = PATH_SEPARATOR.strip()
        if separator in text:
            names = (name.strip() for name in text.split(separator))
            return self.locations.at_path(PATH_SEPARATOR.join(names))
        level = LEVELS.get(kind)
        if level is None or (kind != "state" and above is None):
            return None
        return self.locations.named(text, level, None if kind == "state" else above)


def api_text(value: FieldValue | None, kind: str, timezone: ZoneInfo) -> str | None:
    """Return a value as the API shows it; None if its text does not fit the field's type."""
    if value is None:
        return None
    match kind:
        case "number":
            return None if value.number is None else number_text(value.number)
        case "datetime":
            moment = value.datetime
            return None if moment is None else local(moment, timezone).isoformat()
        case "state" | "district" | "ward":
            place: str | None = getattr(value, kind)
            return place
        case _:
            return value.text


def read_number(text: str) -> Decimal | None:
    """Return the number that a text is, or None; blanks around it don't matter."""
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return None
    number = Decimal(text)
    if abs(number) > _LARGEST_NUMBER:
        return None
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < _SMALLEST_STEP.adjusted():
        return number.quantize(_SMALLEST_STEP, context=_ROUNDING)
    return number


def number_text(number: Decimal) -> str:
    """Return a number in plain digits, without zeros at the end of its decimal places."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def read_datetime(text: str, timezone: ZoneInfo, date_style: str, now: datetime) -> datetime | None:
    """Return the moment that a text names, in UTC, or None.

    A date alone is midnight if it is written `YYYY-MM-DD`, otherwise the time of day is now's.

    :param timezone: where a time without an offset is meant.
    :param date_style: `day_first`, or anything else for the month first.
    :param now: aware.
    """
    text = text.strip().rstrip(".")
    if len(text) < _SHORTEST_DATE:
        return None
    try:
        moment = _full_iso(text) or _written_by_people(text, timezone, date_style, now)
        if moment is None:
            return None
        # It must be possible to show it, too: year 1 may lie outside of the calendar there.
        moment.astimezone(timezone)
        return moment.astimezone(UTC)
    except OverflowError:
        return None


@lru_cache(maxsize=4096)
def format_moment(moment: datetime) -> str:
    """Return an aware moment as the API writes it: in UTC, with six digits and Z."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    # Ten times as fast as isoformat, and a page has hundreds; but it leaves out a fraction of 0.
    text: str = msgspec.to_builtins(moment)
    return text if "." in text else f"{text[:-1]}.000000Z"


def parse_moment(text: str) -> datetime | None:
    """Return the UTC moment that a filter names in lenient ISO 8601, or None.

    Parts from the month on may be missing; without an offset it is UTC.
    """
    found = _LENIENT_ISO.fullmatch(text)
    if found is None:
        return None
    month = found["month"] or found["month2"] or found["month3"] or 1
    try:
        return datetime(
            int(found["year"]),
            int(month),
            int(found["day"] or found["day2"] or 1),
            int(found["hour"] or 0),
            int(found["minute"] or 0),
            int(found["second"] or 0),
            _microseconds(found["fraction"]),
            tzinfo=_offset(found["zone"]),
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _full_iso(text: str) -> datetime | None:
    if not _FULL_ISO.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _written_by_people(
    text: str, timezone: ZoneInfo, date_style: str, now: datetime
) -> datetime | None:
    day = _find_date(text, date_style, now)
    if day is None:
        return None
    clock = _find_time(text)
    if clock is None:
        clock = time() if _ISO_DATE.fullmatch(text) else now.astimezone(timezone).time()
    return datetime.combine(day, clock, tzinfo=timezone)


def _find_date(text: str, date_style: str, now: datetime) -> date | None:
    for found in _YEAR_FIRST.finditer(text):
        day = _date(int(found[1]), int(found[2]), int(found[3]))
        if day is not None:
            return day
    for found in _YEAR_LAST.finditer(text):
        first, second = int(found[1]), int(found[2])
        month, day_of_month = (second, first) if date_style == "day_first" else (first, second)
        day = _date(_full_year(found[3], now), month, day_of_month)
        if day is not None:
            return day
    return None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _full_year(digits: str, now: datetime) -> int:
    """Return a year of two digits as one that has begun already."""
    year = int(digits)
    if len(digits) > 2:
        return year
    century = now.year - now.year % 100
    return century + year if year <= now.year % 100 else century - 100 + year


def _find_time(text: str) -> time | None:
    for found in _TIME.finditer(text):
        hour, half = int(found[1]), (found[5] or "").lower()
        if half == "pm" and hour < 12:
            hour += 12
        elif half == "am" and hour == 12:
            hour = 0
        try:
            return time(hour, int(found[2]), int(found[3] or 0), _microseconds(found[4]))
        except ValueError:
            continue
    return None


def _microseconds(digits: str | None) -> int:
    return int((digits or "0")[:6].ljust(6, "0"))


def _offset(zone: str | None) -> timezone:
    if zone is None or zone == "Z":
        return UTC
    digits = zone[1:].replace(":", "").ljust(4, "0")
    span = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-span if zone.startswith("-") else span)
