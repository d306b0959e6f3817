"""Which ending a message is meant to have: rules, magic numbers, defaults, and why."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from statistics import NormalDist
from typing import Any, Literal, NamedTuple

import msgspec
import re2

from .durations import parse_duration
from .errors import Problems, nearest
from .ids import Draws
from .lifecycle import OUTCOMES, Delay, Lifecycle
from .records import Delays, Failure, Message, Plan

DELAY_NAMES = ("sent", "delivered", "read", "failed", "reply")
CHANNELS = ("sms", "whatsapp", "email")
ONE_HOUR = Delays(fixed=3600.0)
_Z95 = NormalDist().inv_cdf(0.95)


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


class Candidate(NamedTuple):
    """A message about to be made, as rules see it. ``address`` has no leading ``+``."""

    provider: str
    account: str
    channel: str
    address: str
    text: str
    template: str | None
    broadcast: str | None
    nth: int


class Magic(NamedTuple):
    """What a magic address asks for."""

    outcome: str
    reply: str | None = None
    delays: Mapping[str, Delays] = {}


MAGIC_NUMBERS: Mapping[str, Magic] = {
    "00": Magic("delivered"),
    "01": Magic("read"),
    "02": Magic("replied", "YES"),
    "03": Magic("replied", "STOP"),
    "04": Magic("rejected"),
    "05": Magic("undelivered"),
    "06": Magic("stuck"),
    "07": Magic("pending"),
    "08": Magic("flaky"),
    "09": Magic("delivered", None, {"delivered": ONE_HOUR}),
}
MAGIC_MAILBOXES: Mapping[str, Magic] = {
    "delivered": Magic("delivered"),
    "rejected": Magic("rejected"),
    "bounce": Magic("bounced_permanent"),
    "softbounce": Magic("bounced_transient"),
    "stuck": Magic("stuck"),
}


def bare(address: str) -> str:
    """Return an address as rules compare it: e-mail in lower case, no leading ``+``."""
    return address.lower() if "@" in address else address.removeprefix("+")


def magic_of(address: str) -> Magic | None:
    """Return what an address asks for by its last six digits or its mailbox, or None."""
    if "@" in address:
        return MAGIC_MAILBOXES.get(address.split("@", 1)[0].split("+", 1)[0])
    tail = address[-6:]
    if len(tail) == 6 and tail.startswith("99") and tail.isascii() and tail.isdigit():
        return MAGIC_NUMBERS.get(tail[2:4])
    return None


@lru_cache(maxsize=1024)
def _pattern(text: str) -> Any:
    # RE2 takes time in proportion to the text, whatever the pattern.
    return re2.compile(text)


def mismatch(rule: Rule, candidate: Candidate) -> str | None:
    """Return why a rule does not match, None if it does; uses and shares are not looked at."""
    for field in ("provider", "account", "channel", "template", "broadcast"):
        wanted = getattr(rule, field)
        if wanted is not None and wanted != getattr(candidate, field):
            return f"{field} is {getattr(candidate, field)!r}, not {wanted!r}"
    if rule.nth is not None and candidate.nth not in rule.nth:
        return f"this is send {candidate.nth} to the recipient, not one of {list(rule.nth)}"
    return _address_mismatch(rule, candidate.address) or _text_mismatch(rule, candidate.text)


def _address_mismatch(rule: Rule, address: str) -> str | None:
    if rule.to is not None and address != bare(rule.to):
        return f"the recipient is {address}, not {bare(rule.to)}"
    if rule.to_prefix is not None and not address.startswith(bare(rule.to_prefix)):
        return f"the recipient does not begin with {bare(rule.to_prefix)}"
    if rule.to_suffix is not None and not address.endswith(bare(rule.to_suffix)):
        return f"the recipient does not end with {rule.to_suffix}"
    if rule.to_pattern is not None and not _pattern(rule.to_pattern).search(address):
        return f"the recipient does not match {rule.to_pattern!r}"
    return None


def _text_mismatch(rule: Rule, text: str) -> str | None:
    if rule.text_pattern is not None and not _pattern(rule.text_pattern).search(text):
        return f"the text does not match {rule.text_pattern!r}"
    return None


class Considered(NamedTuple):
    """A rule that was looked at for an explanation."""

    rule: Rule
    matched: bool
    reason: str


class OutcomeBook:
    """The rules of a sandbox in order, with their hits."""

    def __init__(self, draws: Draws, rules: Sequence[Rule] = ()) -> None:
        self._draws = draws
        self.rules: list[Rule] = list(rules)
        self.hits: dict[str, int] = {}

    def fork(self, draws: Draws) -> OutcomeBook:
        """Return a copy that goes its own way, with the draws of its sandbox."""
        copy = OutcomeBook(draws, self.rules)
        copy.hits = self.hits.copy()
        return copy

    def choose(
        self,
        candidates: Sequence[Candidate],
        lifecycle_of: Callable[[str], Lifecycle],
        default: str,
        *,
        has_magic: bool = True,
    ) -> list[Plan]:
        """Return a plan for each candidate and count the hits of the rules.

        Candidates chosen together are one broadcast: shares are exact among them.

        :param lifecycle_of: the lifecycle of a candidate's channel.
        """
        plans: list[Plan | None] = [None] * len(candidates)
        open_: Sequence[int] = range(len(candidates))
        for rule in self.rules:
            if not open_:
                break
            taken = self._claim(rule, candidates, open_)
            if taken:
                self.hits[rule.id] = self.hits.get(rule.id, 0) + len(taken)
                shared: dict[str, Plan] = {}
                for at in taken:
                    channel = candidates[at].channel
                    if channel not in shared:
                        shared[channel] = _plan_of_rule(rule, lifecycle_of(channel))
                    plans[at] = shared[channel]
                open_ = [at for at in open_ if plans[at] is None]
        for at in open_:
            lifecycle = lifecycle_of(candidates[at].channel)
            plans[at] = _fallback(candidates[at].address, lifecycle, default, has_magic)
        return [plan for plan in plans if plan is not None]

    def explain(
        self, candidate: Candidate, lifecycle: Lifecycle, default: str, *, has_magic: bool = True
    ) -> tuple[Plan, list[Considered]]:
        """Return the plan a message would get and what each rule had to say; counts nothing."""
        seen: list[Considered] = []
        plan: Plan | None = None
        for rule in self.rules:
            reason = mismatch(rule, candidate) or self._spent(rule)
            if reason is None and rule.share is not None and not self._is_drawn(rule, candidate):
                reason = f"the draw is outside its share of {rule.share}"
            if reason is None and plan is None:
                plan = _plan_of_rule(rule, lifecycle)
                seen.append(Considered(rule, True, "matches and wins"))
            else:
                seen.append(Considered(rule, reason is None, reason or "an earlier rule won"))
        return plan or _fallback(candidate.address, lifecycle, default, has_magic), seen

    def _claim(
        self, rule: Rule, candidates: Sequence[Candidate], open_: Sequence[int]
    ) -> list[int]:
        if self._spent(rule):
            return []
        matched = [at for at in open_ if mismatch(rule, candidates[at]) is None]
        if rule.share is not None and matched:
            matched = self._share(rule, candidates, matched)
        if rule.times is not None:
            matched = matched[: rule.times - self.hits.get(rule.id, 0)]
        return matched

    def _share(self, rule: Rule, candidates: Sequence[Candidate], matched: list[int]) -> list[int]:
        assert rule.share is not None
        if candidates[matched[0]].broadcast is None:
            return [at for at in matched if self._is_drawn(rule, candidates[at])]
        wanted = math.floor(rule.share * len(matched) + 0.5)
        ranked = sorted(matched, key=lambda at: (self._draw(rule, candidates[at]), at))
        return sorted(ranked[:wanted])

    def _draw(self, rule: Rule, candidate: Candidate) -> float:
        return self._draws.fraction("outcome", rule.id, candidate.address, candidate.nth)

    def _is_drawn(self, rule: Rule, candidate: Candidate) -> bool:
        return rule.share is None or self._draw(rule, candidate) < rule.share

    def _spent(self, rule: Rule) -> str | None:
        if rule.times is not None and self.hits.get(rule.id, 0) >= rule.times:
            return f"it has been used {rule.times} times"
        return None


@lru_cache(maxsize=4096)
def _simple_plan(
    lifecycle_id: int, outcome: str, path: tuple[str, ...], source: Literal["magic", "default"]
) -> Plan:
    return Plan(outcome=outcome, path=path, source=source)


def _fallback(address: str, lifecycle: Lifecycle, default: str, has_magic: bool) -> Plan:
    magic = magic_of(address) if has_magic else None
    if magic is None:
        return _simple_plan(id(lifecycle), default, lifecycle.outcomes[default], "default")
    path = lifecycle.outcomes[magic.outcome]
    if not magic.reply and not magic.delays:
        return _simple_plan(id(lifecycle), magic.outcome, path, "magic")
    return Plan(
        outcome=magic.outcome, path=path, source="magic", reply=magic.reply, delays=magic.delays
    )


def _plan_of_rule(rule: Rule, lifecycle: Lifecycle) -> Plan:
    reply = rule.reply if rule.outcome == "replied" else None
    return Plan(
        outcome=rule.outcome,
        path=lifecycle.outcomes[rule.outcome],
        source="rule",
        rule=rule.id,
        delays=rule.delays,
        error=rule.error,
        reply="YES" if rule.outcome == "replied" and reply is None else reply,
    )


def draw_delay(delays: Delays, fraction: Callable[[], float]) -> timedelta:
    """Return a span, drawn where it is a range or a distribution."""
    if delays.fixed is not None:
        return timedelta(seconds=delays.fixed)
    if delays.least is not None and delays.most is not None:
        return timedelta(seconds=delays.least + (delays.most - delays.least) * fraction())
    assert delays.p50 is not None and delays.p95 is not None
    return timedelta(seconds=lognormal(delays.p50, delays.p95, fraction()))


def lognormal(p50: float, p95: float, fraction: float) -> float:
    """Return the value of a lognormal distribution below which a fraction lies."""
    if p50 <= 0:
        return 0.0
    sigma = math.log(max(p95, p50) / p50) / _Z95
    deviation = NormalDist().inv_cdf(min(max(fraction, 1e-9), 1 - 1e-9))
    return p50 * math.exp(sigma * deviation)


def step_delay(
    draws: Draws, message: Message, lifecycle: Lifecycle, target: str, latency: str
) -> timedelta:
    """Return how long a message takes for its next step.

    Drawn, where it is drawn, from (seed, recipient, n-th send to it, number of the step).
    """

    def fraction() -> float:
        return draws.fraction("delay", bare(message.address), message.nth, message.taken)

    wanted = message.plan.delays.get(lifecycle.delay_names.get(target, ""))
    if wanted is not None:
        return draw_delay(wanted, fraction)
    return _profile(lifecycle.steps[message.state, target], latency, fraction)


def reply_delay(draws: Draws, message: Message, lifecycle: Lifecycle, latency: str) -> timedelta:
    """Return how long after the last step the person answers."""

    def fraction() -> float:
        return draws.fraction("delay", bare(message.address), message.nth, "reply")

    wanted = message.plan.delays.get("reply")
    if wanted is not None:
        return draw_delay(wanted, fraction)
    return _profile(lifecycle.reply, latency, fraction)


def _profile(delay: Delay, latency: str, fraction: Callable[[], float]) -> timedelta:
    if latency == "instant":
        return timedelta()
    if latency == "realistic":
        return timedelta(seconds=lognormal(delay.p50, delay.p95, fraction()))
    return timedelta(seconds=delay.fast)


# --- reading rules -------------------------------------------------------------------------


def read_rules(
    given: object,
    pointer: str,
    problems: Problems,
    providers: Sequence[str],
    new_id: Callable[[], str],
) -> list[Rule]:
    """Return the rules of a list as users write it; mistakes go to ``problems``."""
    if not isinstance(given, list):
        problems.add(pointer, "Must be a list of rules")
        return []
    rules = [
        read_rule(item, f"{pointer}/{at}", problems, providers, new_id)
        for at, item in enumerate(given)
    ]
    known = [rule for rule in rules if rule is not None]
    for at, rule in enumerate(known):
        if any(rule.id == other.id for other in known[:at]):
            problems.add(f"{pointer}/{at}/id", f"Two rules have the id {rule.id!r}")
    return known


def read_rule(
    given: object,
    pointer: str,
    problems: Problems,
    providers: Sequence[str],
    new_id: Callable[[], str],
) -> Rule | None:
    """Return one rule as users write it, None if it has mistakes."""
    if not isinstance(given, dict):
        problems.add(pointer, "Must be an object")
        return None
    before = len(problems.found)
    known = {field for field in Rule.__struct_fields__}
    problems.unknown_keys(pointer, given, known)
    present = {key: value for key, value in given.items() if key in known and value is not None}
    if "outcome" not in present:
        problems.add(f"{pointer}/outcome", "Required")
    values: dict[str, Any] = {}
    for key, value in present.items():
        read = _READERS.get(key, _read_text)
        try:
            values[key] = read(value, f"{pointer}/{key}", problems)
        except (ValueError, TypeError) as error:
            problems.add(f"{pointer}/{key}", str(error))
    _one_of(values, "outcome", OUTCOMES, pointer, problems)
    _one_of(values, "provider", providers, pointer, problems)
    if len(problems.found) > before:
        return None
    return Rule(**{"id": values.pop("id", None) or new_id(), **values})


def _one_of(
    values: dict[str, Any], key: str, known: Sequence[str], pointer: str, problems: Problems
) -> None:
    if key in values and values[key] not in known:
        message = f"Must be one of: {', '.join(known)}"
        problems.add(f"{pointer}/{key}", message, nearest(values[key], known))


def _read_text(value: Any, pointer: str, problems: Problems) -> str:
    if not isinstance(value, str):
        raise ValueError("Must be a string")
    return value


def _read_pattern(value: Any, pointer: str, problems: Problems) -> str:
    text = _read_text(value, pointer, problems)
    if len(text) > 1000:
        raise ValueError("Must be at most 1000 characters")
    try:
        _pattern(text)
    except (re2.error, UnicodeError) as error:
        raise ValueError(f"Not a pattern: {error}") from error
    return text


def _read_nth(value: Any, pointer: str, problems: Problems) -> tuple[int, ...]:
    items = value if isinstance(value, list) else [value]
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
