"""Callbacks: which endpoints are told, what they are owed, and when it is tried again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from .adversary import DROPPED, meddled, shuffled
from .clock import LATEST
from .errors import CannotRecord, NotFound
from .finished import Finished
from .records import DELIVERIES, ENDPOINTS, Attempt, Delivery, Endpoint, lane_of
from .sending import Answer, Parcel

if TYPE_CHECKING:
    from .sandbox import Sandbox
    from .vendor import Vendor

TOPIC = "delivery"
AT_ONCE = 100
UNRECORDED = timedelta(seconds=5)
"""After which a callback is sent again whose answer could not be written down."""


class RetryPolicy(msgspec.Struct, frozen=True):
    """When a vendor tries a failed callback again: virtual seconds after each failure."""

    waits: tuple[float, ...] = ()

    def next_attempt(self, attempts: int, failed_at: datetime) -> datetime | None:
        """Return when to try again, or None to give up.

        :param attempts: tries made so far, at least 1.
        """
        if attempts > len(self.waits):
            return None
        return failed_at + timedelta(seconds=self.waits[attempts - 1])


class Notice(NamedTuple):
    """One event that endpoints are to be told."""

    endpoints: Sequence[Endpoint]
    event: str
    subject: str
    body: bytes


class Webhooks:
    """The endpoints and deliveries of one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._is_immediate = False
        self.finished = Finished(sandbox)
        self.departing: dict[str, int] = {}
        """Deliveries that have left the agenda and are not answered yet, in their order.

        Each has its place on the agenda, should it have to be tried again: which of them is
        answered first is up to the receivers.
        """

    def listening(
        self, provider: str, account: str, event: str, channel: str | None = None
    ) -> list[Endpoint]:
        """Return the active endpoints of an account that want an event, oldest first."""
        endpoints = self._sandbox.store.table(ENDPOINTS).every("account", (provider, account))
        return [
            endpoint
            for endpoint in endpoints
            if endpoint.is_active
            and (endpoint.events is None or event in endpoint.events)
            and (endpoint.channel is None or endpoint.channel == channel)
        ]

    def owe(
        self, vendor: Vendor, endpoints: Sequence[Endpoint], event: str, subject: str, body: bytes
    ) -> list[Delivery]:
        """Owe one event to endpoints; it leaves when the agenda comes to it.

        Within :meth:`at_once` it leaves as soon as the open unit has ended.
        """
        return self.owe_each(vendor, [Notice(endpoints, event, subject, body)])

    def owe_each(self, vendor: Vendor, notices: Sequence[Notice]) -> list[Delivery]:
        """Owe many events; see :meth:`owe`."""
        meddles = any(
            endpoint.adversary is not None for notice in notices for endpoint in notice.endpoints
        )
        if not meddles:
            return self.owe_all(self._made_out(vendor, notices))
        # What goes wrong with a callback depends on those that were owed before.
        owed: list[Delivery] = []
        for notice in notices:
            owed += self.owe_all(self._made_out(vendor, [notice]))
        return owed

    def _made_out(self, vendor: Vendor, notices: Sequence[Notice]) -> list[Delivery]:
        sandbox, sign = self._sandbox, vendor.sign
        total = sum(len(notice.endpoints) for notice in notices)
        ids = sandbox.ids.uuid4s(f"{vendor.slug}.deliveries", total)
        serials = count(sandbox.ids.serial("deliveries", total))
        now = sandbox.clock.now()
        owed = ((notice, endpoint) for notice in notices for endpoint in notice.endpoints)
        return [
            Delivery(
                id=id,
                serial=serial,
                provider=vendor.slug,
                account=endpoint.account,
                endpoint=endpoint.id,
                event=notice.event,
                subject=notice.subject,
                url=endpoint.url,
                headers=sign(sandbox, endpoint, notice.event, notice.body),
                body=notice.body,
                created_at=now,
            )
            for id, serial, (notice, endpoint) in zip(ids, serials, owed, strict=False)
        ]

    def owe_all(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        """Owe what a vendor has made out itself; see :meth:`owe`."""
        sandbox, now = self._sandbox, self._sandbox.clock.now()
        owed = [meddled(sandbox, self._in_lane(delivery)) for delivery in deliveries]
        found = [delivery for delivery, _ in owed]
        sandbox.store.table(DELIVERIES).add_all(found)
        prompt = [delivery for delivery, delay in owed if not delay]
        ids = [delivery.id for delivery in prompt]
        if self._is_immediate:
            self.send_off([*self._owed_before(prompt), *ids])
        else:
            sandbox.agenda.plan_all(now, TOPIC, ids)
        for delivery, delay in owed:
            if delay:
                late = min(timedelta(seconds=delay), LATEST - now)
                sandbox.agenda.plan(now + late, TOPIC, delivery.id)
        return found

    def _in_lane(self, delivery: Delivery) -> Delivery:
        vendor = self._sandbox.vendors[delivery.provider]
        about = vendor.told_of(self._sandbox, delivery)
        if vendor.calls_in_turn:
            return msgspec.structs.replace(delivery, lane=about)
        if about == delivery.subject:
            return delivery
        return msgspec.structs.replace(delivery, lane=f"{about} {delivery.endpoint}")

    def _owed_before(self, deliveries: Sequence[Delivery]) -> list[str]:
        """Take off the agenda what has to leave before these, as it goes in the same lanes.

        Retries wait on: what failed holds up nothing later.
        """
        agenda, now = self._sandbox.agenda, self._sandbox.clock.now()
        found: list[str] = []
        for lane in dict.fromkeys(map(lane_of, deliveries)):
            waiting = []
            for earlier in self._untried(lane):
                if earlier.id in self.departing:
                    break  # With it has left what was owed before.
                due = agenda.planned(TOPIC, earlier.id)
                if due is not None and due <= now:
                    agenda.cancel(TOPIC, earlier.id)
                    waiting.append(earlier.id)
            found += reversed(waiting)
        return found

    def _untried(self, lane: str) -> Iterator[Delivery]:
        """Yield what has not been tried yet in a lane, newest first."""
        after = None
        while True:
            page = self._sandbox.deliveries.page("untried", lane, limit=AT_ONCE, after=after)
            yield from page.records
            if not page.has_more:
                return
            after = page.records[-1].created_at, page.records[-1].serial

    def at_once(self, action: Callable[[], None]) -> None:
        """Do something whose callbacks leave in the background instead of waiting for the clock.

        To be called inside a unit of work.
        """
        before, self._is_immediate = self._is_immediate, True
        try:
            action()
        finally:
            self._is_immediate = before

    def depart(self, ids: Sequence[str]) -> None:
        """Note that deliveries have left the agenda; call it under the sandbox's lock."""
        first = self._sandbox.agenda.reserve(len(ids))
        self.departing.update(zip(ids, count(first), strict=False))

    def send_off(self, ids: Sequence[str]) -> None:
        """Let deliveries leave in the background as soon as the open unit has ended."""
        store = self._sandbox.store
        self.depart(ids)
        store.on_rollback(lambda: self._keep_back(ids))
        store.after_commit(lambda: self.dispatch(ids))

    def _keep_back(self, ids: Iterable[str]) -> None:
        for id in ids:
            self.departing.pop(id, None)

    def take_over(self, ids: Iterable[str]) -> None:
        """Plan deliveries for now that were on their way when this world was copied."""
        sandbox = self._sandbox
        now = sandbox.clock.now()
        for id in ids:
            if id in sandbox.deliveries:
                sandbox.agenda.plan(now, TOPIC, id)

    def is_under_way(self, id: str) -> bool:
        """Return whether a delivery is planned, or has left and is not answered yet."""
        return id in self.departing or self._sandbox.agenda.planned(TOPIC, id) is not None

    def dispatch(self, ids: Sequence[str], finished: Callable[[bool], None] | None = None) -> None:
        """Hand deliveries to the sender and return; each is recorded when it is answered.

        :param finished: called with whether the attempt succeeded, on the sender's thread.
        """
        table = self._sandbox.store.table(DELIVERIES)
        found = [delivery for id in ids if (delivery := table.find(id)) is not None]
        for delivery in shuffled(self._sandbox, found):
            if delivery.trick == "drop":
                self._lose(delivery, finished)
                continue
            is_doubled = delivery.trick == "duplicate" and not delivery.tries
            (self._post_twice if is_doubled else self._post)(delivery, finished)

    def redeliver(
        self, delivery: Delivery, parcel: Parcel, finished: Callable[[Delivery | None], None]
    ) -> None:
        """Try a delivery once more, with these bytes, without starting retries.

        :param finished: called with the delivery once it has been tried, on the sender's thread;
            with None if that could not be recorded.
        """
        sandbox = self._sandbox
        at = sandbox.clock.now()

        def record(answer: Answer) -> None:
            attempt, noted = _attempt(at, answer), None
            try:
                with sandbox.unit():
                    self.finished.release(delivery.id)
                    found = self._note_attempt(delivery.id, attempt)
                    if attempt.is_success:
                        sandbox.agenda.cancel(TOPIC, delivery.id)
                    self.finished.trim()
                noted = found
            finally:
                sandbox.engine.landed()
                finished(noted)

        with sandbox.store.lock:
            self.finished.hold(delivery.id)
        self._hand_over(delivery, parcel, record)

    def remove(self, endpoint: Endpoint) -> None:
        """Forget an endpoint; what it is still owed is never sent."""
        sandbox = self._sandbox
        deliveries = sandbox.store.table(DELIVERIES)
        for delivery in deliveries.every("endpoint", endpoint.id):
            if sandbox.agenda.planned(TOPIC, delivery.id) is not None:
                sandbox.agenda.cancel(TOPIC, delivery.id)
                self._change(delivery, state="failed")
        self.finished.trim()
        sandbox.store.table(ENDPOINTS).drop(endpoint.id)
        follow = sandbox.vendors[endpoint.provider].endpoint_changed
        if follow is not None:
            follow(sandbox, endpoint, None)

    def _post(self, delivery: Delivery, finished: Callable[[bool], None] | None) -> None:
        sandbox = self._sandbox
        at = sandbox.clock.now()

        def record(answer: Answer) -> None:
            attempt = _attempt(at, answer)
            try:
                with sandbox.clock.pinned(at), sandbox.unit():
                    place = self.departing.pop(delivery.id, None)
                    self._conclude(delivery.id, attempt, place)
                    self.finished.trim()
            except CannotRecord:
                # Nobody will know that it was sent.
                with sandbox.store.lock:
                    sandbox.agenda.plan(at + UNRECORDED, TOPIC, delivery.id)
                raise
            finally:
                sandbox.engine.landed()
                if finished is not None:
                    finished(attempt.is_success)

        self._hand_over(delivery, _parcel(delivery), record)

    def _post_twice(self, delivery: Delivery, finished: Callable[[bool], None] | None) -> None:
        # Answered once, it could be let go of before it is sent again.
        with self._sandbox.store.lock:
            self.finished.hold(delivery.id)
        self._post(delivery, finished)
        self.redeliver(delivery, _parcel(delivery), _nothing_more)
        with self._sandbox.store.lock:
            self.finished.release(delivery.id)

    def _lose(self, delivery: Delivery, finished: Callable[[bool], None] | None) -> None:
        """Record a callback that never arrives; the vendor does not hear of that."""
        at = self._sandbox.clock.now()
        attempt = Attempt(at=at, status=None, error=DROPPED, duration_ms=0.0, response="")
        with self._sandbox.unit():
            self.departing.pop(delivery.id, None)
            noted = self._note_attempt(delivery.id, attempt)
            self._change(noted, state="failed")
            self.finished.trim()
        if finished is not None:
            finished(False)

    def _hand_over(
        self, delivery: Delivery, parcel: Parcel, record: Callable[[Answer], None]
    ) -> None:
        sandbox = self._sandbox
        # Under the lock, so that nothing slips out behind the back of a sandbox being closed.
        with sandbox.store.lock:
            if not sandbox.is_closed:
                sandbox.engine.took_off()
                sandbox.sender.post(sandbox, lane_of(delivery), parcel, record)

    def _note_attempt(self, id: str, attempt: Attempt, *, is_try: bool = False) -> Delivery:
        delivery = self._sandbox.deliveries.get(id)
        return self._change(
            delivery,
            attempts=(*delivery.attempts, attempt),
            tries=delivery.tries + is_try,
            state="succeeded" if attempt.is_success else delivery.state,
        )

    def _conclude(self, id: str, attempt: Attempt, place: int | None) -> None:
        sandbox = self._sandbox
        delivery = self._note_attempt(id, attempt, is_try=True)
        vendor = sandbox.vendors[delivery.provider]
        vendor.answered(sandbox, delivery, attempt)
        if attempt.is_success:
            return
        policy = vendor.retry(sandbox, delivery)
        again = policy.next_attempt(delivery.tries, attempt.at)
        if again is None:
            self._change(delivery, state="failed")
        else:
            sandbox.agenda.plan(again, TOPIC, id, place)

    def _change(self, delivery: Delivery, **changes: Any) -> Delivery:
        after = self._sandbox.deliveries.change(delivery, **changes)
        self.finished.changed(delivery, after)
        return after


def _parcel(delivery: Delivery) -> Parcel:
    return Parcel(delivery.url, delivery.headers, delivery.body, delivery.method)


def _nothing_more(_delivery: Delivery | None) -> None:
    return None


def _attempt(at: datetime, answer: Answer) -> Attempt:
    return Attempt(
        at=at,
        status=answer.status,
        error=answer.error,
        duration_ms=answer.duration_ms,
        response=answer.response,
    )


def endpoint_of(sandbox: Sandbox, id: str) -> Endpoint:
    """Return an endpoint of the sandbox.

    :raises NotFound: there is none with this id.
    """
    endpoint = sandbox.store.table(ENDPOINTS).find(id)
    if endpoint is None:
        raise NotFound(f"no endpoint {id}")
    return endpoint
