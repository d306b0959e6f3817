"""Cuedesk's errors, and how any error is said in one of its two envelopes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from flask import Response
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from emulator.core.errors import (
    BadBody,
    EmulatorError,
    Forbidden,
    NotFound,
    RateLimited,
    TooLarge,
    Unauthorized,
)
from emulator.web.bodies import json_response
from emulator.web.context import current_operation, rests_on
from emulator.web.operations import Evidence
from emulator.web.provider import COMMON_FAULTS, Unmatched

# Assumed, with all rules but REQUIRED, INVALID_FORMAT and PARAMETER_COUNT_MISMATCH.
REQUIRED = "REQUIRED"
INVALID_FORMAT = "INVALID_FORMAT"
INVALID_INDEX = "INVALID_INDEX"
INVALID_RANGE = "INVALID_RANGE"
LENGTH_MISMATCH = "LENGTH_MISMATCH"
MAX_LENGTH = "MAX_LENGTH"
MUTUALLY_EXCLUSIVE = "MUTUALLY_EXCLUSIVE"
COUNT_MISMATCH = "PARAMETER_COUNT_MISMATCH"
TYPE_MISMATCH = "TYPE_MISMATCH"

DOCUMENTED_MISMATCH = "template.body.payload_variables"
READABLE = "broadcasts.create"
"""The operation whose page has its errors; those of the others are assumed to be like them."""

BAD_SCHEMA = "Request validation failed"
BAD_PARAMETERS = "Template parameter count mismatch"

WORDS: Mapping[int, tuple[str, str]] = {
    401: ("UNAUTHORIZED", "Unauthorized access."),
    404: ("NOT FOUND", "Resource not found."),
    405: ("METHOD NOT ALLOWED", "Method not allowed."),
    413: ("PAYLOAD TOO LARGE", "Request body too large."),
    429: ("TOO MANY REQUESTS", "Rate limit exceeded."),
    500: ("INTERNAL SERVER ERROR", "An unexpected error occurred."),
}


class Violation(NamedTuple):
    """One mistake in a body: a dotted path, the rule broken, and what is wrong."""

    field: str
    rule: str
    message: str


class CueError(EmulatorError):
    """An error of Cuedesk's own, and how we know of it."""

    evidence: Evidence = "assumed"


class Refused(CueError):
    """The request can be read, but what it asks for cannot be made (flat 400)."""

    name = "refused"


class NoTemplate(Refused):
    """No approved template has that name and locale."""

    name = "template_rejected"
    evidence: Evidence = "documented"

    def __init__(self, name: str = "", *, has_other_locale: bool = False) -> None:
        super().__init__(f"Template '{name}' not found or not approved")
        if has_other_locale:
            self.evidence = "assumed"


class NoContactList(Refused):
    """The workspace has no such contact list."""

    def __init__(self, uuid: str) -> None:
        super().__init__(f"Contact list '{uuid}' not found")


class NobodyLeft(Refused):
    """No row can be sent to."""

    def __init__(self) -> None:
        super().__init__("No valid recipients")


class ValidationFailed(CueError):
    """The body breaks rules, of its schema or of the template; all of them are listed."""

    name = "invalid"

    def __init__(self, violations: Sequence[Violation], details: str = BAD_SCHEMA) -> None:
        super().__init__(details)
        self.violations = tuple(violations)


class ParametersMismatch(ValidationFailed):
    """The request fills another number of places than the template has."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__(violations, BAD_PARAMETERS)
        if {violation.field for violation in violations} == {DOCUMENTED_MISMATCH}:
            self.evidence = "documented"


class ForeignChannel(Forbidden):
    """The sender is no WhatsApp channel of the caller's workspace."""


class BadQuery(CueError):
    """Query parameters of a list are wrong; the Contacts API words them its own way."""

    def __init__(self, errors: Sequence[Mapping[str, str]]) -> None:
        super().__init__("422 UNPROCESSABLE ENTITY")
        self.errors = list(errors)


FAULTS: Mapping[str, Callable[[], Exception]] = {**COMMON_FAULTS, NoTemplate.name: NoTemplate}
"""The errors that a tester may ask for, by name."""

LATE_FAULTS = frozenset({NoTemplate.name})
"""Those that arise where the request's template is looked up."""


def to_response(error: Exception) -> Response:
    """Say any error as Cuedesk does."""
    if current_operation() is not None:
        rests_on(_evidence_of(error))
    if isinstance(error, ValidationFailed):
        violations = [violation._asdict() for violation in error.violations]
        return _nested(422, "Validation failed", str(error), violations=violations)
    if isinstance(error, BadQuery):
        return _nested(422, str(error), {"errors": error.errors})
    if isinstance(error, Refused):
        return _flat(400, f"{_thing_made()} could not be created", str(error))
    if isinstance(error, Forbidden):
        return _flat(403, "Forbidden", "Channel does not belong to your workspace")
    if isinstance(error, BadBody) and current_operation() is not None:
        return _flat(400, f"{_thing_made()} could not be created", "Malformed JSON body")
    return _general(error)


def _evidence_of(error: Exception) -> Evidence:
    if isinstance(error, Unauthorized):
        return "documented"
    operation = current_operation()
    if operation is None or operation.id != READABLE:
        return "assumed"
    if isinstance(error, CueError):
        return error.evidence
    return "documented" if isinstance(error, Forbidden) else "assumed"


def _thing_made() -> str:
    made = current_operation()
    extras = (made.extras if made else None) or {}
    return str(extras.get("makes", "Request"))


def _general(error: Exception) -> Response:
    status = _status_of(error)
    word, details = WORDS.get(status, ("BAD REQUEST", "Malformed request."))
    response = _nested(status, f"{status} {word}", details)
    if isinstance(error, RateLimited):
        response.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, Unmatched) and error.allowed:
        response.headers["Allow"] = ", ".join(sorted(error.allowed))
    return response


def _status_of(error: Exception) -> int:
    if isinstance(error, Unmatched):
        return 405 if error.allowed else 404
    kinds: tuple[tuple[type[Exception], int], ...] = (
        (TooLarge, 413),
        (RequestEntityTooLarge, 413),
        (BadBody, 400),
        (Unauthorized, 401),
        (NotFound, 404),
        (RateLimited, 429),
    )
    for kind, status in kinds:
        if isinstance(error, kind):
            return status
    is_refusal = isinstance(error, HTTPException) and error.code is not None and error.code < 500
    return 400 if is_refusal else 500


def _flat(status: int, message: str, details: str) -> Response:
    return json_response({"message": message, "details": details}, status)


def _nested(status: int, message: str, details: Any, **more: object) -> Response:
    return json_response({"error": {"message": message, "details": details, **more}}, status)
