"""A small shop that tells its customers of their orders, whatever vendors and networks do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vendors import NotSent, RapidPro, Refused, Report, Vendor

TRIES = 2
# A report that comes late must not take back what a later one has said.
RANKS = {"queued": 0, "sent": 1, "delivered": 2, "read": 3, "failed": 4}


@dataclass
class Notice:
    """That a customer has been told of an order, and what has become of that."""

    order: str
    phone: str
    vendor: str
    status: str = "queued"


@dataclass
class Shop:
    """Tells customers of orders: by the first vendor that can, and by the next if that fails.

    :param vendors: by name; the order is that of preference.
    """

    vendors: Mapping[str, Vendor]
    notices: dict[tuple[str, str], Notice] = field(default_factory=dict)
    unwilling: set[str] = field(default_factory=set)

    def tell(self, order: str, phone: str) -> Notice | None:
        """Tell a customer that an order is on its way; None if nobody can, or may."""
        return self._tell(order, phone, list(self.vendors))

    def take_callback(self, vendor: str, headers: Mapping[str, str], body: bytes) -> int:
        """Take a callback; return the status to answer with. Duplicates change nothing."""
        try:
            report = self.vendors[vendor].read(headers, body)
        except Refused:
            return 401
        if report is not None:
            self._take(vendor, report)
        return 200

    def refresh(self) -> None:
        """Ask the vendors that tell nothing of themselves."""
        for (name, reference), notice in list(self.notices.items()):
            vendor = self.vendors[name]
            if isinstance(vendor, RapidPro) and notice.status not in ("delivered", "failed"):
                self._take(name, vendor.ask(reference))

    def of(self, order: str) -> list[Notice]:
        """Return what has been tried for an order, in its order."""
        return [notice for notice in self.notices.values() if notice.order == order]

    def _tell(self, order: str, phone: str, names: list[str]) -> Notice | None:
        if phone in self.unwilling:
            return None
        for name in names:
            for _ in range(TRIES):
                try:
                    text = f"Your order {order} is on its way."
                    reference = self.vendors[name].send(order, phone, text)
                except NotSent:
                    continue
                notice = Notice(order, phone, name)
                self.notices[name, reference] = notice
                return notice
        return None

    def _take(self, vendor: str, report: Report) -> None:
        if report.phone is not None and (report.text or "").strip().upper() == "STOP":
            self.unwilling.add(report.phone)
        notice = self.notices.get((vendor, report.reference or ""))
        if notice is None or RANKS.get(report.status or "", 0) <= RANKS[notice.status]:
            return
        notice.status = str(report.status)
        if notice.status == "failed":
            names = list(self.vendors)
            self._tell(notice.order, notice.phone, names[names.index(vendor) + 1 :])
