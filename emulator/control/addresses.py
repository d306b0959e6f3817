"""Compare addresses as users write them with addresses as vendors show them."""

from __future__ import annotations

import re
from functools import lru_cache

from emulator.core.rules import bare

_SCHEME = re.compile(r"[a-z][a-z0-9]*:(?=.)")


@lru_cache(maxsize=256)
def forms_of(address: str) -> tuple[str, ...]:
    """Return the forms under which messages of a person may be filed.

    A leading ``+`` never matters, and a URN stands for its path.
    """
    return tuple(dict.fromkeys((bare(address), _path(address))))


def is_same(shown: str | None, wanted: str) -> bool:
    """Return whether an address that a vendor shows is the one that a user means."""
    if shown is None:
        return False
    schemes = _scheme(shown), _scheme(wanted)
    return _path(shown) == _path(wanted) and ("" in schemes or schemes[0] == schemes[1])


def _scheme(address: str) -> str:
    found = _SCHEME.match(address)
    return found[0] if found else ""


def _path(address: str) -> str:
    return bare(address.removeprefix(_scheme(address)))
