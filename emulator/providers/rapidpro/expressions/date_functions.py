"""The functions that work on dates and moments."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from .calls import Arguments, Function
from .dates import (
    default_date_format,
    default_datetime_format,
    format_date,
    format_datetime,
    offset_to_text,
    rolled_date,
    to_date,
    to_datetime,
)
from .number_functions import format_number
from .values import (
    EvaluationError,
    Scope,
    Value,
    to_integer,
    to_number,
    to_text,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECONDS = 1_000_000
_CLOCK_UNITS = {"s": 1, "m": 60, "h": 3600}
_DAY_UNITS = {"D": 1, "W": 7}
_MONTH_UNITS = {"M": 1, "Y": 12}


def _of_moment(call: Callable[[datetime], Value]) -> Function:
    return Function(1, 1, lambda scope, args: call(to_datetime(args[0], scope)))


def _of_day(call: Callable[[date], Value]) -> Function:
    return Function(1, 1, lambda scope, args: call(to_date(args[0], scope)))


def _format_date(scope: Scope, args: Arguments) -> Value:
    pattern = to_text(args[1]) if args[1:] else default_date_format(scope)
    return format_date(to_date(args[0], scope), pattern)


def _format_datetime(scope: Scope, args: Arguments) -> Value:
    pattern = to_text(args[1]) if args[1:] else default_datetime_format(scope)
    zone = _zone(to_text(args[2])) if args[2:] else scope.now.tzinfo
    return format_datetime(to_datetime(args[0], scope).astimezone(zone), pattern)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (LookupError, OSError, ValueError) as error:
        raise EvaluationError(f'no time zone "{name[:40]}"') from error


def _format(scope: Scope, args: Arguments) -> Value:
    value = args[0]
    if isinstance(value, datetime):
        return _format_datetime(scope, args)
    if isinstance(value, date):
        return _format_date(scope, args)
    if isinstance(value, (Decimal, int)) and not isinstance(value, bool):
        return format_number(to_number(value))
    return to_text(value)


def _datetime_add(scope: Scope, args: Arguments) -> Value:
    moment, amount = to_datetime(args[0], scope), to_integer(args[1])
    unit = to_text(args[2])
    if unit in _CLOCK_UNITS:
        later = moment.astimezone(UTC) + timedelta(seconds=amount * _CLOCK_UNITS[unit])
        return later.astimezone(moment.tzinfo)
    if unit in _DAY_UNITS:
        return moment + timedelta(days=amount * _DAY_UNITS[unit])
    months = moment.year * 12 + moment.month - 1 + amount * _month_unit(unit)
    day = rolled_date(months // 12, months % 12 + 1, moment.day)
    return datetime.combine(day, moment.timetz())


def _month_unit(unit: str) -> int:
    if unit not in _MONTH_UNITS:
        raise EvaluationError("units are s, m, h, D, W, M and Y")
    return _MONTH_UNITS[unit]


def _datetime_diff(scope: Scope, args: Arguments) -> Value:
    start, end = to_datetime(args[0], scope), to_datetime(args[1], scope)
    unit = to_text(args[2])
    if unit in _CLOCK_UNITS:
        passed = end.astimezone(UTC) - start.astimezone(UTC)
        return int(passed / timedelta(seconds=_CLOCK_UNITS[unit]))
    if unit in _DAY_UNITS:
        return int((end.date() - start.date()).days / _DAY_UNITS[unit])
    if unit == "Y":
        return end.year - start.year
    return ((end.year - start.year) * 12 + end.month - start.month) // _month_unit(unit)


def _epoch(moment: datetime) -> Value:
    return Decimal((moment - _EPOCH) // timedelta(microseconds=1)) / _MICROSECONDS


def _from_epoch(scope: Scope, args: Arguments) -> Value:
    moment = _EPOCH + timedelta(microseconds=int(to_number(args[0]) * _MICROSECONDS))
    return moment.astimezone(scope.now.tzinfo)


def _date_from_parts(_scope: Scope, args: Arguments) -> Value:
    year, month, day = (to_integer(arg) for arg in args)
    return rolled_date(year, month, day)


def _week_number(day: date) -> Value:
    # Weeks start on Sunday, and the one with the first of January is week 1.
    new_year = date(day.year, 1, 1)
    return ((day - new_year).days + new_year.isoweekday() % 7) // 7 + 1


def _zone_name(moment: datetime) -> Value:
    zone = moment.tzinfo
    return zone.key if isinstance(zone, ZoneInfo) else moment.tzname()


DATE_FUNCTIONS: dict[str, Function] = {
    "now": Function(0, 0, lambda scope, _args: scope.now),
    "today": Function(0, 0, lambda scope, _args: scope.now.date()),
    "date": _of_day(lambda day: day),
    "datetime": _of_moment(lambda moment: moment),
    "date_from_parts": Function(3, 3, _date_from_parts),
    "datetime_add": Function(3, 3, _datetime_add),
    "datetime_diff": Function(3, 3, _datetime_diff),
    "datetime_from_epoch": Function(1, 1, _from_epoch),
    "epoch": _of_moment(_epoch),
    "weekday": _of_day(lambda day: day.isoweekday() % 7),
    "week_number": _of_day(_week_number),
    "tz": _of_moment(_zone_name),
    "tz_offset": _of_moment(lambda moment: offset_to_text(moment, colon="")),
    "format": Function(1, 1, _format),
    "format_date": Function(1, 2, _format_date),
    "format_datetime": Function(1, 3, _format_datetime),
}
