"""The control API from Python: sandboxes, clocks, outcomes and traffic of a running server.

>>> client = EmulatorClient("http://127.0.0.1:4600")
>>> with client.sandboxes.create(fixture="reference") as sandbox:
...     sandbox.outcome("undelivered", to="60123456789")
...     ...  # the program under test sends a message
...     sandbox.advance(until="idle")
...     sandbox.messages(to="60123456789").one().status

Nothing but the standard library and msgspec is needed for it.
"""

from .emulator import EmulatorClient, Sandboxes
from .errors import (
    ClientError,
    Conflict,
    Invalid,
    NoServer,
    NotFound,
    Refused,
    Unauthorized,
    Unexpected,
)
from .found import Found
from .handles import ProviderHandle
from .sandbox import Sandbox

__all__ = [
    "ClientError",
    "Conflict",
    "EmulatorClient",
    "Found",
    "Invalid",
    "NoServer",
    "NotFound",
    "ProviderHandle",
    "Refused",
    "Sandbox",
    "Sandboxes",
    "Unauthorized",
    "Unexpected",
]
