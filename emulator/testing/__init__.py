"""For tests without pytest, and beneath the pytest plugin: a server, and a receiver of callbacks.

>>> with running_emulator() as emulator, CallbackSink() as sink:
...     sandbox = emulator.client.sandboxes.create(fixture="reference")
...     sandbox.endpoint("teekrr", sink.url)
"""

from emulator.runtime.process import NotStarted, ServerProcess

from .server import RunningEmulator, running_emulator
from .sink import CallbackSink, Received

__all__ = [
    "CallbackSink",
    "NotStarted",
    "Received",
    "RunningEmulator",
    "ServerProcess",
    "running_emulator",
]
