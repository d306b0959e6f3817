"""Which form of answer a client takes."""

from __future__ import annotations

from functools import lru_cache

from flask import request

from emulator.web import context

from .bodies import JSON
from .errors import NoSuchPage, NotAcceptable

PAGE = "text/html"


def wants_page() -> bool:
    """Say whether a documentation page is shown for people rather than as JSON.

    :raises NotAcceptable: the client takes neither.
    :raises NoSuchPage: it asks for a format that does not exist.
    """
    asked = request.args.getlist("format")
    if asked and asked[-1]:
        if asked[-1] != "json":
            raise NoSuchPage
        return False
    return _choose((PAGE, JSON)) == PAGE


def expect_json() -> None:
    """Check that the client takes JSON.

    :raises NotAcceptable: it does not.
    """
    _choose((JSON,))


def _choose(offered: tuple[str, ...]) -> str:
    found = _best(context.environ().get("HTTP_ACCEPT", "*/*"), offered)
    if found is None:
        raise NotAcceptable
    return found


@lru_cache(maxsize=256)
def _best(header: str, offered: tuple[str, ...]) -> str | None:
    """Return the first type offered that the most particular of the ranges accepted has.

    The server knows no quality values: only how particular a range is counts.
    """
    ranges = _ranges(header)
    for particular in (True, False, None):
        for offer in offered:
            if any(
                _rank(accepted) is particular and _covers(accepted, offer) for accepted in ranges
            ):
                return offer
    return None


def _ranges(header: str) -> list[str]:
    return [part.partition(";")[0].strip().lower() for part in header.split(",")]


def _rank(accepted: str) -> bool | None:
    if accepted == "*/*":
        return None
    return not accepted.endswith("/*")


def _covers(accepted: str, offer: str) -> bool:
    family = offer.partition("/")[0]
    return accepted in ("*/*", f"{family}/*", offer)
