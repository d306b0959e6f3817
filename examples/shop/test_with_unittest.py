"""The same shop, tested with unittest alone: python -m unittest test_with_unittest."""

from __future__ import annotations

import unittest

from shop import Shop
from vendors import Access, Teekrr

from emulator.testing import CallbackSink, RunningEmulator, running_emulator

PHONE, SECRET = "60123456789", "s3cret"


class ShopTest(unittest.TestCase):
    """A server for the class, a sandbox and a receiver of callbacks for each test."""

    emulator: RunningEmulator

    @classmethod
    def setUpClass(cls) -> None:
        cls.emulator = cls.enterClassContext(running_emulator())

    def setUp(self) -> None:
        self.sandbox = self.enterContext(self.emulator.client.sandboxes.create(from_="default"))
        self.sink = self.enterContext(CallbackSink())
        self.sandbox.endpoint("teekrr", self.sink.url, secret=SECRET)
        teekrr = self.sandbox.provider("teekrr")
        self.shop = Shop({"teekrr": Teekrr(Access(teekrr.base_url, teekrr.auth), SECRET)})
        self.sink.respond(
            lambda received: self.shop.take_callback("teekrr", received.headers, received.body)
        )

    def test_customer_is_told(self) -> None:
        notice = self.shop.tell("17", PHONE)
        self.sandbox.advance(by="1m")

        self.assertEqual(self.sandbox.messages(to=PHONE).one().status, "delivered")
        self.assertEqual(notice.status, "delivered")

    def test_failure_is_noticed(self) -> None:
        self.sandbox.outcome("undelivered", to=PHONE, error=("UNDELIVERABLE", "Absent subscriber"))

        notice = self.shop.tell("17", PHONE)
        self.sandbox.advance(by="1m")

        self.assertEqual(notice.status, "failed")


if __name__ == "__main__":
    unittest.main()
