"""Dates in expressions: reading what people write, writing what a format asks for."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from .values import EvaluationError, Scope, Value, describe

# No date or moment that we understand is longer than this.
_LONGEST = 64
_ISO_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_SEPARATOR = r"[-.\\/_ ]"
_YEAR_LAST = re.compile(
    rf"\b([0-9]{{1,2}}){_SEPARATOR}([0-9]{{1,2}}){_SEPARATOR}([0-9]{{4}}|[0-9]{{2}})\b"
)
_YEAR_FIRST = re.compile(
    rf"\b([0-9]{{4}}|[0-9]{{2}}){_SEPARATOR}([0-9]{{1,2}}){_SEPARATOR}([0-9]{{1,2}})\b"
)
_TIME = re.compile(
    r"\b([0-9]{1,2})(?::?([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?)?\W*([aApP][mM])?\b"
)
# Where day, month and year stand in the three groups of a style's pattern.
_STYLES = {
    "day_first": (_YEAR_LAST, (1, 2, 3)),
    "month_first": (_YEAR_LAST, (2, 1, 3)),
    "year_first": (_YEAR_FIRST, (3, 2, 1)),
}
_DATE_FORMATS = {
    "day_first": "DD-MM-YYYY",
    "month_first": "MM-DD-YYYY",
    "year_first": "YYYY-MM-DD",
}
_TIME_FORMAT = "tt:mm"
# Not from the calendar module, whose names follow the locale of the process.
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

Piece = Callable[[datetime], str]


def to_datetime(value: Value, scope: Scope) -> datetime:
    """Return a value as a moment; a text is read in the workspace's style and zone."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time(), scope.now.tzinfo)
    if isinstance(value, str):
        return _read_datetime(value.strip(), scope)
    raise EvaluationError(f"{describe(value)} is not a date and time")


def to_date(value: Value, scope: Scope) -> date:
    """Return a value as a day in the workspace's zone."""
    if isinstance(value, datetime):
        return value.astimezone(scope.now.tzinfo).date()
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        return _read_date(value.strip(), scope)[0]
    raise EvaluationError(f"{describe(value)} is not a date")


def _read_datetime(text: str, scope: Scope) -> datetime:
    if len(text) <= _LONGEST and _ISO_MOMENT.fullmatch(text):
        return datetime.fromisoformat(text)
    day, rest = _read_date(text, scope)
    return datetime.combine(day, _read_time(rest) or time(), scope.now.tzinfo)


def _read_date(text: str, scope: Scope) -> tuple[date, str]:
    text = text[:_LONGEST]
    if iso := _ISO_DATE.match(text):
        return date(*map(int, iso.groups())), text[iso.end() :]
    pattern, (day_at, month_at, year_at) = _STYLES[scope.date_style]
    for match in pattern.finditer(text):
        day, month = int(match[day_at]), int(match[month_at])
        if 1 <= day <= 31 and 1 <= month <= 12:
            year = _full_year(match[year_at], scope.now.year)
            return rolled_date(year, month, day), text[match.end() :]
    raise EvaluationError(f"{describe(text)} is not a date")


def _full_year(digits: str, this_year: int) -> int:
    year = int(digits)
    if len(digits) == 4:
        return year
    return year + (1900 if year > this_year % 100 else 2000)


def _read_time(text: str) -> time | None:
    for match in _TIME.finditer(text):
        hour, minute, second = (int(part or 0) for part in match.group(1, 2, 3))
        half = (match[5] or "").lower()
        if half == "pm" and hour < 12:
            hour += 12
        elif half == "am" and hour == 12:
            hour = 0
        if hour < 24 and minute < 60 and second < 60:
            return time(hour, minute, second, int((match[4] or "0")[:6].ljust(6, "0")))
    return None


def rolled_date(year: int, month: int, day: int) -> date:
    """Return a date; days past the end of the month roll into the next one."""
    return date(year, month, 1) + timedelta(days=day - 1)


def default_date_format(scope: Scope) -> str:
    """Return how the workspace writes a date."""
    return _DATE_FORMATS[scope.date_style]


def default_datetime_format(scope: Scope) -> str:
    """Return how the workspace writes a date and time."""
    return f"{default_date_format(scope)} {_TIME_FORMAT}"


def format_date(day: date, pattern: str) -> str:
    """Write a date; letters for times are refused."""
    moment = datetime.combine(day, time(), UTC)
    return "".join([piece(moment) for piece in _pieces(pattern, with_time=False)])


def format_datetime(moment: datetime, pattern: str) -> str:
    """Write a moment in its own zone."""
    return "".join([piece(moment) for piece in _pieces(pattern, with_time=True)])


def offset_to_text(moment: datetime, colon: str = ":") -> str:
    """Return the distance from UTC as ``+03:00``."""
    minutes = int((moment.utcoffset() or timedelta()).total_seconds() // 60)
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}{colon}{abs(minutes) % 60:02d}"


_RUNS = re.compile(r"([YMDEhtmsfaAZ])\1*|(.)", re.DOTALL)
_LITERALS = frozenset(" :,/.T-_")
_DATE_PIECES: dict[str, Piece] = {
    "YY": lambda at: f"{at.year % 100:02d}",
    "YYYY": lambda at: f"{at.year:04d}",
    "M": lambda at: str(at.month),
    "MM": lambda at: f"{at.month:02d}",
    "MMM": lambda at: _MONTHS[at.month - 1][:3],
    "MMMM": lambda at: _MONTHS[at.month - 1],
    "D": lambda at: str(at.day),
    "DD": lambda at: f"{at.day:02d}",
    "EEE": lambda at: _WEEKDAYS[at.weekday()][:3],
    "EEEE": lambda at: _WEEKDAYS[at.weekday()],
}
_TIME_PIECES: dict[str, Piece] = {
    "h": lambda at: str(at.hour % 12 or 12),
    "hh": lambda at: f"{at.hour % 12 or 12:02d}",
    "tt": lambda at: f"{at.hour:02d}",
    "m": lambda at: str(at.minute),
    "mm": lambda at: f"{at.minute:02d}",
    "s": lambda at: str(at.second),
    "ss": lambda at: f"{at.second:02d}",
    "fff": lambda at: f"{at.microsecond // 1000:03d}",
    "ffffff": lambda at: f"{at.microsecond:06d}",
    "fffffffff": lambda at: f"{at.microsecond * 1000:09d}",
    "aa": lambda at: "am" if at.hour < 12 else "pm",
    "AA": lambda at: "AM" if at.hour < 12 else "PM",
    "Z": lambda at: offset_to_text(at) if at.utcoffset() else "Z",
    "ZZZ": offset_to_text,
}


@lru_cache(maxsize=256)
def _pieces(pattern: str, *, with_time: bool) -> tuple[Piece, ...]:
    known = _DATE_PIECES | _TIME_PIECES if with_time else _DATE_PIECES
    pieces: list[Piece] = []
    for run in _RUNS.finditer(pattern):
        text = run[0]
        if text in known:
            pieces.append(known[text])
        elif text in _LITERALS:
            pieces.append(lambda _at, text=text: text)  # type: ignore[misc]
        else:
            raise EvaluationError(f'"{text[:20]}" has no place in a date format')
    return tuple(pieces)
