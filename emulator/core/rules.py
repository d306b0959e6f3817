"""Outcome rules: what they are, how users write them, how they are shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from .durations import parse_duration
from .errors import Problems
from .lifecycle import DELAYS, OUTCOMES
from .records import Delays, Failure, Message

if TYPE_CHECKING:
    from .vendor import Vendor

DELAY_NAMES = (*DELAYS, "reply")
CHANNELS = ("sms", "whatsapp", "email")
REPLIED = "replied"
OTHER_WORDS: Mapping[str, str] = {
    "failed": "undelivered",
    "failure": "undelivered",
    "error": "undelivered",
    "sent": "stuck",
    "expired": "stuck",
    "bounced": "bounced_permanent",
    "errored": "flaky",
}
"""How vendors and people call what an outcome ends in."""
_SCHEME = re.compile(r"[a-z][a-z0-9]*:(?=.)")


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """Decides the outcome of the messages that match all of its conditions."""

    id: str
    outcome: str
    provider: str | None = None
    account: str | None = None
    channel: str | None = None
    to: str | None = None
    to_prefix: str | None = None
    to_suffix: str | None = None
    to_pattern: str | None = None
    template: str | None = None
    text_pattern: str | None = None
    broadcast: str | None = None
    nth: tuple[int, ...] | None = None
    times: int | None = None
    share: float | None = None
    error: Failure | None = None
    delays: Mapping[str, Delays] = {}
    reply: str | None = None


def bare(address: str) -> str:
    """Return an address as rules compare it: e-mail in lower case, no leading ``+``."""
    return address.lower() if "@" in address else address.removeprefix("+")


def filed(message: Message) -> tuple[Hashable, ...]:
    """Return where a message is filed by its person.

    What was sent to somebody stands under the bare address, apart from what came from there: the
    last message to a person is found however many the person has written.
    """
    person = bare(message.address)
    return (person if message.direction == "out" else from_person(person),)


def from_person(address: str) -> Hashable:
    """Return where the messages from a person are filed.

    :param address: bare.
    """
    return "in", address


@lru_cache(maxsize=4096)
def plain_address(address: str) -> str:
    """Return an address that a user wrote as messages carry it: without a URN's scheme, too."""
    return bare(_SCHEME.sub("", address, count=1))


@lru_cache(maxsize=1024)
def pattern(text: str) -> Any:
    """Return a compiled pattern."""
    # RE2 takes time in proportion to the text, whatever the pattern. Most worlds have none.
    import re2

    quietly = re2.Options()
    quietly.log_errors = False  # whoever wrote the pattern is told
    return re2.compile(text, quietly)


def read_rules(
    given: object,
    pointer: str,
    problems: Problems,
    vendors: Mapping[str, Vendor],
    new_id: Callable[[], str],
) -> list[Rule]:
    """Return the rules of a list as users write it; mistakes go to ``problems``."""
    if not isinstance(given, list):
        problems.add(pointer, "Must be a list of rules")
        return []
    known: dict[str, Rule] = {}
    for at, item in enumerate(given):
        rule = read_rule(item, f"{pointer}/{at}", problems, vendors, new_id)
        if rule is not None and rule.id in known:
            problems.add(f"{pointer}/{at}/id", f"Two rules have the id {rule.id!r}")
        elif rule is not None:
            known[rule.id] = rule
    return list(known.values())


def read_rule(
    given: object,
    pointer: str,
    problems: Problems,
    vendors: Mapping[str, Vendor],
    new_id: Callable[[], str],
) -> Rule | None:
    """Return one rule as users write it, None if it has mistakes."""
    if not isinstance(given, dict):
        problems.add(pointer, "Must be an object")
        return None
    before = len(problems.found)
    known = set(Rule.__struct_fields__)
    problems.unknown_keys(pointer, given, known)
    present = {key: value for key, value in given.items() if key in known and value is not None}
    if "outcome" not in present:
        problems.add(f"{pointer}/outcome", "Required")
    values: dict[str, Any] = {}
    for key, value in present.items():
        read: Callable[[Any, str, Problems], Any] = _READERS.get(key, _read_text)
        try:
            values[key] = read(value, f"{pointer}/{key}", problems)
        except (ValueError, TypeError) as error:
            problems.add(f"{pointer}/{key}", str(error))
    if "outcome" in values and values["outcome"] not in OUTCOMES:
        problems.add_choice(f"{pointer}/outcome", values["outcome"], OUTCOMES, OTHER_WORDS)
    elif "reply" in values and values.get("outcome", REPLIED) != REPLIED:
        problems.add(f"{pointer}/reply", f"Only the outcome {REPLIED} has one")
    _one_of(values, "provider", list(vendors), pointer, problems)
    vendor = vendors.get(values.get("provider", ""))
    channels = channels_of(vendors) if vendor is None else vendor.channels
    _one_of(values, "channel", channels, pointer, problems)
    if len(problems.found) > before:
        return None
    return Rule(**{"id": values.pop("id", None) or new_id(), **values})


def channels_of(vendors: Mapping[str, Vendor]) -> list[str]:
    """Return the channels that rules may name: the three of all, and the vendors' own."""
    own = (channel for vendor in vendors.values() for channel in vendor.channels)
    return list(dict.fromkeys([*CHANNELS, *own]))


def _one_of(
    values: dict[str, Any], key: str, known: Sequence[str], pointer: str, problems: Problems
) -> None:
    if key in values and values[key] not in known:
        problems.add_choice(f"{pointer}/{key}", values[key], known)


def _read_text(value: Any, pointer: str, problems: Problems) -> str:
    # A rule for nobody would be there and never be met.
    if not isinstance(value, str) or not value:
        raise ValueError("Must be a string that is not empty")
    return value


def _read_pattern(value: Any, pointer: str, problems: Problems) -> str:
    text = _read_text(value, pointer, problems)
    if len(text) > 1000:
        raise ValueError("Must be at most 1000 characters")
    import re2

    try:
        pattern(text)
    except re2.error as error:
        reason = error.args[0].decode("utf-8", "replace")
        raise ValueError(f"Not a pattern: {reason}") from error
    except UnicodeError as error:
        raise ValueError("Not a pattern: not text") from error
    return text


def _read_nth(value: Any, pointer: str, problems: Problems) -> tuple[int, ...]:
    items = value if isinstance(value, list | tuple) else [value]
    if not items or not all(_is_count(item) for item in items):
        raise ValueError("Must be a list of whole numbers from 1")
    return tuple(items)


def _read_times(value: Any, pointer: str, problems: Problems) -> int:
    if not _is_count(value):
        raise ValueError("Must be a whole number from 1")
    return int(value)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _read_share(value: Any, pointer: str, problems: Problems) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError("Must be a number from 0 to 1")
    return float(value)


def _read_error(value: Any, pointer: str, problems: Problems) -> Failure:
    if not isinstance(value, dict):
        raise ValueError("Must be an object with code and message")
    problems.unknown_keys(pointer, value, ("code", "message"))
    code, message = value.get("code"), value.get("message", "")
    if isinstance(code, int) and not isinstance(code, bool):
        code = str(code)
    if not isinstance(code, str) or not isinstance(message, str):
        raise ValueError("code and message must be strings")
    return Failure(code=code, message=message)


def _read_reply(value: Any, pointer: str, problems: Problems) -> str:
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        raise ValueError('Must be an object such as {"text": "YES"}')
    problems.unknown_keys(pointer, value, ("text",))
    return str(value["text"])


def _read_delays(value: Any, pointer: str, problems: Problems) -> dict[str, Delays]:
    if not isinstance(value, dict):
        raise ValueError("Must be an object of durations")
    problems.unknown_keys(pointer, value, DELAY_NAMES)
    delays: dict[str, Delays] = {}
    for name, span in value.items():
        try:
            delays[name] = _read_delay(span)
        except ValueError as error:
            problems.add(f"{pointer}/{name}", str(error))
    return delays


def _read_delay(span: Any) -> Delays:
    if not isinstance(span, dict):
        return Delays(fixed=parse_duration(span).total_seconds())
    seconds = {key: parse_duration(value).total_seconds() for key, value in span.items()}
    if set(seconds) == {"min", "max"} and seconds["min"] <= seconds["max"]:
        return Delays(least=seconds["min"], most=seconds["max"])
    if set(seconds) == {"p50", "p95"} and seconds["p50"] <= seconds["p95"]:
        return Delays(p50=seconds["p50"], p95=seconds["p95"])
    raise ValueError("Must be a duration, {min, max} or {p50, p95}, the smaller one first")


_READERS: Mapping[str, Callable[[Any, str, Problems], Any]] = {
    "to_pattern": _read_pattern,
    "text_pattern": _read_pattern,
    "nth": _read_nth,
    "times": _read_times,
    "share": _read_share,
    "error": _read_error,
    "reply": _read_reply,
    "delays": _read_delays,
}


def rule_document(rule: Rule) -> dict[str, Any]:
    """Return a rule as users write it, without the fields that it leaves open."""
    document = {
        name: value
        for name in rule.__struct_fields__
        if (value := getattr(rule, name)) is not None and name != "delays"
    }
    if rule.delays:
        document["delays"] = {name: _delay_document(span) for name, span in rule.delays.items()}
    if rule.reply is not None:
        document["reply"] = {"text": rule.reply}
    return document


def _delay_document(delays: Delays) -> float | dict[str, float | None]:
    if delays.fixed is not None:
        return delays.fixed
    if delays.least is not None:
        return {"min": delays.least, "max": delays.most}
    return {"p50": delays.p50, "p95": delays.p95}
