"""Which ending a message is meant to have: rules, magic numbers, defaults, and why."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

import msgspec

from .ids import Draws
from .lifecycle import Lifecycle
from .records import Delays, Plan
from .rules import REPLIED, Rule, pattern, plain_address

ONE_HOUR = Delays(fixed=3600.0)


class Candidate(msgspec.Struct, frozen=True, gc=False):
    """A message about to be made, as rules see it. ``address`` has no leading ``+``.

    :param spell: returns an address that a rule says as messages like this one carry it.
    """

    provider: str
    account: str
    channel: str
    address: str
    text: str
    template: str | None
    broadcast: str | None
    nth: int
    spell: Callable[[str], str] = plain_address


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


def magic_of(address: str) -> Magic | None:
    """Return what an address asks for by its last six digits or its mailbox, or None."""
    if "@" in address:
        return MAGIC_MAILBOXES.get(address.split("@", 1)[0].split("+", 1)[0])
    tail = address[-6:]
    if len(tail) == 6 and tail.startswith("99") and tail.isascii() and tail.isdigit():
        return MAGIC_NUMBERS.get(tail[2:4])
    return None


def mismatch(rule: Rule, candidate: Candidate) -> str | None:
    """Return why a rule does not match, None if it does; uses and shares are not looked at."""
    for field in ("provider", "account", "channel", "template", "broadcast"):
        wanted = getattr(rule, field)
        if wanted is not None and wanted != getattr(candidate, field):
            return f"{field} is {getattr(candidate, field)!r}, not {wanted!r}"
    if rule.nth is not None and candidate.nth not in rule.nth:
        return f"this is send {candidate.nth} to the recipient, not one of {list(rule.nth)}"
    address = candidate.address
    if rule.to is not None and address != (wanted := candidate.spell(rule.to)):
        return f"the recipient is {address}, not {wanted}"
    return _part_mismatch(rule, address) or _text_mismatch(rule, candidate.text)


def _part_mismatch(rule: Rule, address: str) -> str | None:
    if rule.to_prefix is not None and not address.startswith(_part(rule.to_prefix, address)):
        return f"the recipient does not begin with {rule.to_prefix}"
    if rule.to_suffix is not None and not address.endswith(_part(rule.to_suffix, address)):
        return f"the recipient does not end with {rule.to_suffix}"
    if rule.to_pattern is not None and not pattern(rule.to_pattern).search(address):
        return f"the recipient does not match {rule.to_pattern!r}"
    return None


def _part(given: str, address: str) -> str:
    # A part of an e-mail address need not hold the @ that tells it from a number.
    return given.lower() if "@" in address else plain_address(given)


def _text_mismatch(rule: Rule, text: str) -> str | None:
    if rule.text_pattern is not None and not pattern(rule.text_pattern).search(text):
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

    def restore_hits(self, hits: dict[str, int]) -> None:
        """Put the counts back to what they were."""
        self.hits = hits

    def replace(self, rules: Sequence[Rule]) -> None:
        """Put other rules in the place of all, with no hits."""
        self.rules, self.hits = list(rules), {}

    @property
    def reads_texts(self) -> bool:
        """Whether any rule looks at what messages say; if not, candidates need no texts."""
        return any(rule.text_pattern is not None for rule in self.rules)

    def put_first(self, rule: Rule) -> None:
        """Put a rule in front of all others."""
        self.rules = [rule, *self.rules]

    def drop(self, id: str) -> bool:
        """Remove a rule; return whether it was there."""
        kept = [rule for rule in self.rules if rule.id != id]
        is_known = len(kept) < len(self.rules)
        self.rules = kept
        self.hits.pop(id, None)
        return is_known

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
        left = [candidates[at] for at in open_]
        usual = _fallbacks(left, lifecycle_of, default, has_magic)
        for at, plan in zip(open_, usual, strict=True):
            plans[at] = plan
        return [plan for plan in plans if plan is not None]

    def explain(
        self, candidate: Candidate, lifecycle: Lifecycle, default: str, *, has_magic: bool = True
    ) -> tuple[Plan, list[Considered]]:
        """Return the plan a message would get and what each rule had to say; counts nothing."""
        seen: list[Considered] = []
        plan: Plan | None = None
        for rule in self.rules:
            reason = mismatch(rule, candidate) or self._spent(rule)
            if reason is None and not self._is_drawn(rule, candidate):
                reason = f"the draw is outside its share of {rule.share}"
            if reason is None and plan is None:
                plan = _plan_of_rule(rule, lifecycle)
                seen.append(Considered(rule, True, "matches and wins"))
            else:
                seen.append(Considered(rule, reason is None, reason or "an earlier rule won"))
        if plan is None:
            [plan] = _fallbacks([candidate], lambda _: lifecycle, default, has_magic)
        return plan, seen

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
def _simple_plan(outcome: str, path: tuple[str, ...], source: Literal["magic", "default"]) -> Plan:
    return Plan(outcome=outcome, path=path, source=source)


def _fallbacks(
    candidates: Iterable[Candidate],
    lifecycle_of: Callable[[str], Lifecycle],
    default: str,
    has_magic: bool,
) -> Iterator[Plan]:
    usual: dict[str, Plan] = {}
    for candidate in candidates:
        channel = candidate.channel
        magic = magic_of(candidate.address) if has_magic else None
        if magic is not None:
            yield _plan_of_magic(magic, lifecycle_of(channel))
            continue
        plan = usual.get(channel)
        if plan is None:
            plan = usual[channel] = _plan_by_default(default, lifecycle_of(channel))
        yield plan


def _plan_by_default(outcome: str, lifecycle: Lifecycle) -> Plan:
    return _simple_plan(outcome, lifecycle.outcomes[outcome], "default")


def _plan_of_magic(magic: Magic, lifecycle: Lifecycle) -> Plan:
    path = lifecycle.outcomes[magic.outcome]
    if not magic.reply and not magic.delays:
        return _simple_plan(magic.outcome, path, "magic")
    return Plan(
        outcome=magic.outcome, path=path, source="magic", reply=magic.reply, delays=magic.delays
    )


def _plan_of_rule(rule: Rule, lifecycle: Lifecycle) -> Plan:
    return Plan(
        outcome=rule.outcome,
        path=lifecycle.outcomes[rule.outcome],
        source="rule",
        rule=rule.id,
        delays=rule.delays,
        error=rule.error,
        reply=rule.reply or "YES" if rule.outcome == REPLIED else None,
    )
