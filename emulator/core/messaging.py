"""What customers and testers ask of messages: choose their fate, launch, push, reply."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec import structs

from .errors import Conflict
from .outcomes import Candidate, Considered
from .pace import Pace, reply_delay, step_delay
from .records import Failure, Message, Moment, Plan
from .rules import bare, plain_address
from .vendor import Inbound, Move, Vendor

if TYPE_CHECKING:
    from .sandbox import Sandbox


class Fate(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a new message is meant to go through, and the how manieth send to its address it is."""

    plan: Plan
    nth: int


class Explanation(NamedTuple):
    """What a message would go through, and why.

    :param considered: every rule in order, with whether it matches and the reason.
    :param timeline: the vendor's words for its states, with the time since it was made.
    """

    plan: Plan
    considered: list[Considered]
    timeline: list[tuple[str, timedelta]]
    is_approximated: bool


class Messaging:
    """The messages of one sandbox, of all vendors."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def choose(
        self,
        vendor: Vendor,
        account: str,
        channel: str,
        recipients: Sequence[tuple[str, str]],
        *,
        template: str | None = None,
        broadcast: str | None = None,
    ) -> list[Fate]:
        """Decide what becomes of messages about to be made.

        :param recipients: (address, rendered text) of each message of one broadcast or send.
        """
        slug, addresses = vendor.slug, [bare(address) for address, _ in recipients]
        numbers = self._sandbox.store.count_sends(addresses)
        spell = self.speller(vendor, account, channel)
        candidates = [
            Candidate(slug, account, channel, address, text, template, broadcast, nth, spell)
            for address, nth, (_, text) in zip(addresses, numbers, recipients, strict=True)
        ]
        return self._fates(vendor, candidates)

    def choose_each(
        self,
        vendor: Vendor,
        account: str,
        recipients: Sequence[tuple[str, str, str]],
        *,
        template: str | None = None,
        broadcast: str | None = None,
    ) -> list[Fate]:
        """Decide like :meth:`choose` where one send-out goes over several channels.

        :param recipients: (channel, address, rendered text) of each message.
        """
        slug, addresses = vendor.slug, [bare(address) for _, address, _ in recipients]
        numbers = self._sandbox.store.count_sends(addresses)
        channels = {channel for channel, _, _ in recipients}
        spell = {channel: self.speller(vendor, account, channel) for channel in channels}
        candidates = [
            Candidate(slug, account, way, address, text, template, broadcast, nth, spell[way])
            for address, nth, (way, _, text) in zip(addresses, numbers, recipients, strict=True)
        ]
        return self._fates(vendor, candidates)

    def speller(self, vendor: Vendor, account: str, channel: str) -> Callable[[str], str]:
        """Return what spells an address that a user wrote as messages of a channel carry it."""
        # One rule is held against many messages, and functools.cache takes longer to set up.
        known: dict[str, str] = {}

        def spell(address: str) -> str:
            if address not in known:
                given = vendor.addressed(self._sandbox, account, channel, address)
                known[address] = plain_address(given)
            return known[address]

        return spell

    def _fates(self, vendor: Vendor, candidates: Sequence[Candidate]) -> list[Fate]:
        sandbox = self._sandbox
        self._guard_hits()
        plans = sandbox.outcomes.choose(
            candidates,
            vendor.lifecycle,
            sandbox.settings["default_outcome"][vendor.slug],
            has_magic=sandbox.settings["magic_numbers"],
        )
        return [Fate(plan, c.nth) for plan, c in zip(plans, candidates, strict=True)]

    def explain(self, vendor: Vendor, candidate: Candidate) -> Explanation:
        """Return what a message would be meant to go through; nothing is counted or made.

        Waits of a vendor's own (a schedule, a queue) are not on the timeline.
        """
        sandbox = self._sandbox
        lifecycle = vendor.lifecycle(candidate.channel)
        plan, considered = sandbox.outcomes.explain(
            candidate,
            lifecycle,
            sandbox.settings["default_outcome"][vendor.slug],
            has_magic=sandbox.settings["magic_numbers"],
        )
        message = Message(
            id="",
            serial=0,
            account=candidate.account,
            channel=candidate.channel,
            address=candidate.address,
            state=lifecycle.initial,
            created_at=sandbox.clock.now(),
            history=(),
            plan=plan,
            nth=candidate.nth,
        )
        passed, latency = timedelta(), sandbox.settings.latency
        timeline = [(lifecycle.word(message.state), passed)]
        for taken, state in enumerate(plan.path):
            message = structs.replace(message, taken=taken)
            passed += step_delay(sandbox.draws, message, lifecycle, state, latency)
            message = structs.replace(message, state=state)
            timeline.append((lifecycle.word(state), passed))
        return Explanation(plan, considered, timeline, plan.outcome in lifecycle.approximated)

    def _guard_hits(self) -> None:
        # A refused request must not use up a rule.
        outcomes = self._sandbox.outcomes
        if outcomes.rules:
            self._sandbox.store.on_rollback(partial(outcomes.restore_hits, outcomes.hits.copy()))

    def launch(
        self, vendor: Vendor, messages: Sequence[Message], at: datetime | None = None
    ) -> None:
        """Store new messages and plan the first step of each.

        :param at: when the first step falls due, where delays do not decide it.
        """
        self._sandbox.store.table(vendor.messages).add_all(messages)
        if at is not None:
            ids = [message.id for message in messages if message.plan.path]
            self._sandbox.agenda.plan_all(at, vendor.step_topic, ids)
            return
        self._plan_following(vendor, messages, self._sandbox.clock.now())

    def take_steps(self, vendor: Vendor, ids: Sequence[str], at: datetime) -> list[Move]:
        """Take the next step of each of these messages."""
        table = self._sandbox.store.table(vendor.messages)
        wanted = []
        for id in ids:
            message = table.find(id)
            if message is not None and message.taken < len(message.plan.path):
                wanted.append((message, message.plan.path[message.taken]))
        return self.move(vendor, wanted, at)

    def move(self, vendor: Vendor, wanted: Sequence[tuple[Any, str]], at: datetime) -> list[Move]:
        """Bring messages into the next states of their plans, with all that follows.

        Steps of one call happen at one moment; what follows from them follows once for all.
        """
        sandbox = self._sandbox
        evolve, table = vendor.evolve, sandbox.store.table(vendor.messages)
        extended = _Histories(at)
        changes = [
            (
                message,
                {
                    "state": target,
                    "history": extended.by(message.history, target),
                    "taken": message.taken + 1,
                    **evolve(sandbox, message, target, at),
                },
            )
            for message, target in wanted
        ]
        moves = [
            Move(message, after)
            for (message, _), after in zip(wanted, table.change_all(changes), strict=True)
        ]
        sandbox.engine.note_moves(vendor, moves)
        self._plan_following(vendor, [move.after for move in moves], at)
        if moves:
            vendor.moved(sandbox, moves, at)
        return moves

    def _plan_following(self, vendor: Vendor, messages: Sequence[Message], at: datetime) -> None:
        """Put the next step of each message, or the person's answer to it, on the agenda.

        What falls due at one instant is planned in one go.
        """
        sandbox = self._sandbox
        pace = Pace(sandbox.draws, sandbox.settings.latency, vendor.lifecycle)
        steps: dict[datetime, list[str]] = {}
        for message in messages:
            path, taken = message.plan.path, message.taken
            if taken < len(path):
                due = vendor.wait(sandbox, message, path[taken], at)
                if due is None:
                    due = at + pace.of_step(message, path[taken])
                steps.setdefault(due, []).append(message.id)
            elif message.plan.outcome == "replied":
                lifecycle = vendor.lifecycle(message.channel)
                delay = reply_delay(sandbox.draws, message, lifecycle, sandbox.settings.latency)
                sandbox.agenda.plan(at + delay, vendor.reply_topic, message.id)
        for due, ids in steps.items():
            sandbox.agenda.plan_all(due, vendor.step_topic, ids)

    def push(
        self, vendor: Vendor, message: Any, target: str, error: Failure | None = None
    ) -> Message:
        """Force a message into a state now; what was planned for it is forgotten.

        :raises Conflict: its lifecycle has no way there.
        """
        lifecycle = vendor.lifecycle(message.channel)
        if message.direction != "out" or target not in lifecycle.pushes.get(
            message.state, frozenset()
        ):
            raise Conflict(f"{lifecycle.name}: no way from {message.state!r} to {target!r}")
        sandbox = self._sandbox
        self.divert(vendor, [message], target, sandbox.clock.now(), error)
        latest: Message = sandbox.store.table(vendor.messages).get(message.id)
        return latest

    def divert(
        self,
        vendor: Vendor,
        messages: Sequence[Any],
        target: str,
        at: datetime,
        error: Failure | None = None,
    ) -> list[Move]:
        """Bring messages into a state that their plans do not say, with all that follows.

        What was planned for them is forgotten, answers of people included.
        """
        agenda = self._sandbox.agenda
        table = self._sandbox.store.table(vendor.messages)
        plans: dict[tuple[int, int, str], Plan] = {}
        wanted = []
        for message in messages:
            agenda.cancel(vendor.step_topic, message.id)
            agenda.cancel(vendor.reply_topic, message.id)
            state = vendor.forced(message, target)
            key = id(message.plan), message.taken, state
            if key not in plans:
                plans[key] = _diverted(message, state, error)
            wanted.append((table.change(message, plan=plans[key]), state))
        moves = self.move(vendor, wanted, at)
        for move in moves:
            agenda.cancel(vendor.reply_topic, move.after.id)
        return moves

    def reply(self, vendor: Vendor, id: str) -> None:
        """Let the person that a message went to answer it."""
        message = self._sandbox.store.table(vendor.messages).find(id)
        if message is not None:
            text = message.plan.reply or "YES"
            wanted = Inbound(
                account=message.account, from_=message.address, text=text, in_reply_to=message.id
            )
            vendor.receive(self._sandbox, wanted)


class _Histories:
    """What histories become by steps of one moment; those that are equal stay shared."""

    def __init__(self, at: datetime) -> None:
        self._at = at
        self._entries: dict[str, Moment] = {}
        self._known: dict[tuple[int, str], tuple[tuple[Moment, ...], tuple[Moment, ...]]] = {}

    def by(self, before: tuple[Moment, ...], state: str) -> tuple[Moment, ...]:
        """Return a history with one more state."""
        known = self._known.get((id(before), state))
        if known is None:
            entry = self._entries.setdefault(state, Moment(state, self._at))
            # Holding what came before keeps its id from being given to another.
            known = self._known[id(before), state] = before, (*before, entry)
        return known[1]


def _diverted(message: Message, target: str, error: Failure | None) -> Plan:
    plan = message.plan
    return Plan(
        outcome=plan.outcome,
        path=(*plan.path[: message.taken], target),
        source=plan.source,
        rule=plan.rule,
        error=error or plan.error,
    )
