"""The shop, connected to the vendors in the sandbox of the test."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from shop import Shop
from vendors import Access, Cuedesk, RapidPro, Teekrr, Vendor, Whautomate

SECRET = "s3cret"


@pytest.fixture
def vendors(rapidpro, teekrr, cuedesk, whautomate) -> dict[str, Vendor]:
    """All vendors; only addresses and keys differ from the real ones."""
    access = {
        handle.slug: Access(handle.base_url, handle.auth)
        for handle in (rapidpro, teekrr, cuedesk, whautomate)
    }
    return {
        "cuedesk": Cuedesk(access["cuedesk"], SECRET, sender="447576209857"),
        "teekrr": Teekrr(access["teekrr"], SECRET),
        "whautomate": Whautomate(access["whautomate"], "locMain001", SECRET),
        "rapidpro": RapidPro(access["rapidpro"]),
    }


@pytest.fixture
def open_shop(vendors, sandbox, callback_sink) -> Callable[..., Shop]:
    """Return a function that opens a shop with the vendors named, and has them call it back."""

    def open_shop(*names: str, **endpoint: object) -> Shop:
        shop = Shop({name: vendors[name] for name in names})
        slugs = iter([name for name in names if name in ("cuedesk", "teekrr")])
        for slug in slugs:
            sandbox.endpoint(slug, callback_sink.url, secret=SECRET, **endpoint)
        callback_sink.respond(
            lambda received: shop.take_callback(received.provider, received.headers, received.body)
        )
        return shop

    return open_shop
