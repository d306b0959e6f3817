"""The vendors' words for the states of a message."""

from __future__ import annotations

from typing import Any

import msgspec

from emulator.core.errors import Problems
from emulator.core.records import Message
from emulator.core.sandbox import Sandbox
from emulator.core.vendor import Vendor


def state_of_word(sandbox: Sandbox, vendor: Vendor, message: Any, word: str) -> str:
    """Return the state that a vendor's word means for a message.

    Where several states share a word, one that the message can be pushed to is preferred.

    :raises Invalid: the message's lifecycle has no state of that word or name.
    """
    lifecycle = vendor.lifecycle(message.channel)
    words = {state: _word(sandbox, vendor, message, state) for state in sorted(lifecycle.states)}
    meant = [state for state in words if words[state] == word]
    if not meant and word in words:
        meant = [word]
    if not meant:
        problems = Problems()
        problems.add_choice("/status", word, sorted(set(words.values())))
        problems.check()
    reachable = lifecycle.pushes.get(message.state, frozenset())
    return next((state for state in meant if state in reachable), meant[0])


def words_of(sandbox: Sandbox, vendor: Vendor, message: Any) -> list[str]:
    """Return the vendor's words for all that can become of a message, or has been."""
    seen = vendor.message_view(sandbox, message).statuses
    states = vendor.lifecycle(message.channel).states
    return sorted({*seen, *(_word(sandbox, vendor, message, state) for state in states)})


def _word(sandbox: Sandbox, vendor: Vendor, message: Message, state: str) -> str:
    supposed = msgspec.structs.replace(message, state=state)
    return vendor.message_view(sandbox, supposed).status
