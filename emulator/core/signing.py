"""Which header of a callback is its signature: vendors put it where they like."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from .records import Delivery, Endpoint

if TYPE_CHECKING:
    from .sandbox import Sandbox


class Signature(NamedTuple):
    """A header that signs a callback.

    :ivar value: what the endpoint's secret makes of the body.
    :ivar forged: what another secret would make of it.
    """

    header: str
    value: str
    forged: str


def signature_of(sandbox: Sandbox, endpoint: Endpoint, delivery: Delivery) -> Signature | None:
    """Return the signature that a callback should have, None if the vendor signs nothing."""
    sign = sandbox.vendors[delivery.provider].sign
    # What depends on the secret is the signature.
    stranger = msgspec.structs.replace(endpoint, secret=f"not {endpoint.secret}")
    others = dict(sign(sandbox, stranger, delivery.event, delivery.body))
    for header, value in sign(sandbox, endpoint, delivery.event, delivery.body):
        if others[header] != value:
            return Signature(header, value, others[header])
    return None
