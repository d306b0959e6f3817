"""Teekrr's errors, and how any error is said in its shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, NamedTuple

from flask import Response
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from emulator.core.errors import BadBody, EmulatorError, NotFound, RateLimited, TooLarge
from emulator.web.bodies import json_response
from emulator.web.context import current_operation, rests_on
from emulator.web.operations import Evidence
from emulator.web.provider import Unmatched

JSON = "application/json; charset=utf-8"
CHANNEL_WORDS = {"sms": "SMS", "whatsapp": "WhatsApp", "email": "Email"}


class Violation(NamedTuple):
    """One mistake in a body: a dotted path and what is wrong there."""

    field: str
    message: str


class TeekrrError(EmulatorError):
    """An error of Teekrr's own: its status, and how we know of it.

    The text of the exception is the text of the answer. ``standing`` is how we know of this
    very answer; of all errors of its kind, ``evidence`` says it.
    """

    status: ClassVar[int]
    text: ClassVar[str] = ""
    evidence: ClassVar[Evidence] = "documented"

    def __init__(self, text: str | None = None) -> None:
        super().__init__(text or self.text)
        self.standing = self.evidence


NO_CAMPAIGN_NAME = Violation("campaignName", "Campaign name is required")
"""The only violation whose words the vendor's pages show."""


class ValidationFailed(TeekrrError):
    """The body breaks field rules; all of them are listed."""

    name = "invalid"
    status = 400
    evidence = "assumed"

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__("Validation failed")
        self.violations = tuple(violations)
        if self.violations == (NO_CAMPAIGN_NAME,):
            self.standing = "documented"


class NoFile(TeekrrError):
    """The upload has no file part."""

    status = 400
    text = "No file uploaded"


class WrongFileType(TeekrrError):
    """The uploaded file is of a type that templates cannot show."""

    status = 400
    text = "Only JPEG, PNG, WebP, MP4, and PDF files are supported"


class FileTooLarge(TeekrrError):
    """The uploaded file is larger than 16 MiB."""

    status = 400
    evidence = "assumed"
    text = "File too large"


class NoCredentials(TeekrrError):
    """There is no bearer key in the request."""

    name = "unauthorized"
    status = 401
    text = "Missing or invalid Authorization header"


class UnknownKey(TeekrrError):
    """No key is like the one given."""

    name = "unauthorized"
    status = 401
    text = "Invalid API key"


class RevokedKey(TeekrrError):
    """The key has been revoked."""

    name = "unauthorized"
    status = 401
    text = "API key has been revoked"


class ExpiredKey(TeekrrError):
    """The key's time has run out."""

    name = "unauthorized"
    status = 401
    text = "API key has expired"


class ForeignAddress(TeekrrError):
    """The key may not be used from the caller's address."""

    name = "forbidden"
    status = 403
    text = "Request IP is not in the API key whitelist"


class MissingScope(TeekrrError):
    """The key may not be used for this."""

    name = "forbidden"
    status = 403
    evidence = "assumed"

    def __init__(self, scope: str) -> None:
        super().__init__(f"API key does not have the required permission: {scope}")


class NotSubscribed(TeekrrError):
    """The client has not subscribed to the channel."""

    name = "forbidden"
    status = 403

    def __init__(self, channel: str, standing: Evidence = "documented") -> None:
        word = CHANNEL_WORDS[channel]
        super().__init__(f"Client does not have an active {word} channel subscription")
        self.standing = standing


class Missing(TeekrrError):
    """Something that the body names does not exist for this client."""

    name = "not_found"
    status = 404
    text = "Template not found"


class Unapproved(Missing):
    """An SMS or e-mail template is there, but not approved: as good as none."""

    evidence = "assumed"


class NotApproved(TeekrrError):
    """The WhatsApp template may not be used yet, or no more."""

    name = "template_rejected"
    status = 422

    def __init__(self, current: str = "rejected") -> None:
        super().__init__(f"Template is not approved (current status: {current})")


class SendRefused(TeekrrError):
    """META refused a test send.

    It was an attempt: the next one is the next send to that number.
    """

    name = "test_send_failed"
    status = 422
    keeps_changes = True

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"Test send failed ({code}): {reason}")


class OutOfCredit(TeekrrError):
    """The broadcast costs more than the client may spend."""

    name = "insufficient_credit"
    status = 402


class ServerError(TeekrrError):
    """Something went wrong at the vendor before anything was stored."""

    name = "server_error"
    status = 500
    text = "Unexpected error"


class EnqueueFailed(TeekrrError):
    """The broadcast is stored, but the queue did not take it; its messages have failed."""

    name = "enqueue_failed"
    status = 500
    keeps_changes = True
    text = "Failed to enqueue broadcast — messages marked failed"


def ringgit(cents: int) -> str:
    """Return an amount as Teekrr's texts show it: ``RM0.24``."""
    sign = "-" if cents < 0 else ""
    return f"{sign}RM{abs(cents) // 100}.{abs(cents) % 100:02d}"


def insufficient_credit(required: int, available: int) -> OutOfCredit:
    """Return the refusal of a prepaid client."""
    return OutOfCredit(
        f"Insufficient credit. Required: {ringgit(required)}, available: {ringgit(available)}"
    )


def cap_exceeded(accrued: int, cost: int, cap: int) -> OutOfCredit:
    """Return the refusal of a postpaid client."""
    return OutOfCredit(
        f"Spending cap exceeded. Accrued: {ringgit(accrued)}, "
        f"this broadcast: {ringgit(cost)}, cap: {ringgit(cap)}"
    )


def _missing_scope() -> MissingScope:
    """Return the refusal of a key that lacks the scope of the operation asked for."""
    operation = current_operation()
    scope = (operation.extras or {}).get("scope") if operation else None
    return MissingScope(scope or "send_sms")


FAULTS: Mapping[str, Callable[[], EmulatorError]] = {
    "unauthorized": UnknownKey,
    "forbidden": _missing_scope,
    "not_found": Missing,
    "rate_limited": lambda: RateLimited(1),
    "server_error": ServerError,
    "insufficient_credit": lambda: insufficient_credit(24, 10),
    "enqueue_failed": EnqueueFailed,
    "template_rejected": NotApproved,
}
"""The errors that a tester may ask for, by name."""

LATE_FAULTS = frozenset({"not_found", "template_rejected", "insufficient_credit", "enqueue_failed"})
"""Those among them that arise in the midst of a request, with words of that request."""


def to_response(error: Exception) -> Response:
    """Say any error as Teekrr does."""
    if isinstance(error, ValidationFailed):
        rests_on(error.standing)
        errors = [violation._asdict() for violation in error.violations]
        return _refusal(error.status, str(error), errors=errors)
    if isinstance(error, TeekrrError):
        rests_on(error.standing)
        return _refusal(error.status, str(error))
    if isinstance(error, RateLimited):
        response = _refusal(429, "Too many requests, please try again later")
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    return _refusal(*_foreign(error))


def _foreign(error: Exception) -> tuple[int, str]:
    if isinstance(error, TooLarge | RequestEntityTooLarge):
        return 413, "Request body too large"
    if isinstance(error, BadBody):
        rests_on("assumed")
        return 400, "Invalid JSON body"
    if isinstance(error, NotFound | Unmatched):
        return 404, "Not found"
    if isinstance(error, HTTPException) and error.code is not None and error.code < 500:
        return error.code, error.name
    return 500, "Unexpected error"


def _refusal(status: int, message: str, **more: object) -> Response:
    return json_response({"message": message, **more}, status, content_type=JSON)
