"""What is said of an endpoint's operations: how they are known, what they take and give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, get_args, get_type_hints

from emulator.web.operations import Operation

from .answers import CountedPage, Failures, Page

if TYPE_CHECKING:
    from .endpoint import Endpoint

SOURCE: Final = "https://app.rapidpro.io/api/v2/{name}"
OBSERVED: Final = "RapidPro v26.3.54"
READ_ON: Final = "2026-08-31"

#: The statuses of answers that are no errors.
ANSWERS: Final[Mapping[str, tuple[int, ...]]] = {
    "list": (200,),
    "read": (200,),
    "create": (201,),
    "update": (200,),
    "delete": (204,),
    "act": (204,),
}
#: How pages are asked for.
PAGING: Final[Mapping[Any, tuple[str, ...]]] = {
    Page: ("cursor",),
    CountedPage: ("limit", "offset"),
}


def describe(
    endpoint: Endpoint, verb: str, view: Callable[..., Any], also: tuple[Operation, ...]
) -> Operation:
    """Return an operation of an endpoint.

    :param view: the function behind it.
    :param also: operations that share its method.
    """
    is_documented = endpoint.evidence == "documented"
    gives = _gives(endpoint, verb, view)
    return Operation(
        f"{endpoint.name or 'root'}.{verb}",
        endpoint.evidence,
        SOURCE.format(name=endpoint.name) if is_documented else OBSERVED,
        READ_ON,
        extras={"endpoint": endpoint},
        also=also,
        answers=_statuses(endpoint, verb, gives),
        takes=endpoint.bodies.get(verb),
        gives=gives,
        media=tuple(endpoint.kinds),
        asks=_parameters(endpoint, verb),
    )


def _statuses(endpoint: Endpoint, verb: str, gives: Any) -> tuple[int, ...]:
    # Whatever can be named in the URL can be made again, and an action may fail in part.
    may_be_made_again = verb == "create" and bool(endpoint.lookups)
    may_fail_in_part = verb == "act" and gives is not None
    return ((200,) if may_be_made_again or may_fail_in_part else ()) + ANSWERS[verb]


def _gives(endpoint: Endpoint, verb: str, view: Callable[..., Any]) -> Any:
    """Return what an answer holds: what the function that makes it says of itself."""
    if verb == "delete":
        return None
    if verb in ("read", "act"):
        said: Any = get_type_hints(view)["return"]
        failures: Any = Failures
        if verb == "act":
            return failures[get_args(said)] if get_args(said) else None
        return said
    shown = get_type_hints(endpoint.show)["return"]
    return endpoint.page[shown] if verb == "list" else shown


def _parameters(endpoint: Endpoint, verb: str) -> tuple[str, ...]:
    if verb == "list":
        return (*endpoint.asks, *endpoint.looks, *PAGING[endpoint.page])
    if verb == "read":
        return endpoint.asks
    return (*endpoint.lookups, *(() if verb == "delete" else endpoint.looks))
