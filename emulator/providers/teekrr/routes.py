"""The six endpoints of Teekrr's API, and the place where uploads are fetched."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, request, url_for
from werkzeug.datastructures import FileStorage

from emulator.core.wording import Wording
from emulator.web.bodies import json_response
from emulator.web.context import caller, has_fault, rests_on, sandbox
from emulator.web.moments import iso
from emulator.web.operations import operation

from . import auth, credit, errors, schemas, sending, templates
from .answers import (
    AcceptedOut,
    Answer,
    EmailOut,
    InvalidRow,
    SortedOut,
    Summary,
    TestSentOut,
    UploadOut,
    ValidRow,
)
from .recipients import KINDS, Recipient
from .records import SLUG, UPLOADS, Campaign, Template, Upload
from .sending import Draft, Letter

bp = Blueprint(SLUG, __name__)

DOCS = "https://docs.teekrr.com"
READ_ON = "2026-11-21"

FILE_TYPES = frozenset({"image/jpeg", "image/png", "image/webp", "video/mp4", "application/pdf"})
LARGEST_FILE = 16 * 1024 * 1024


def endpoint(path: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Serve a path by POST alone: no trailing slash, and no OPTIONS."""
    return bp.route(path, methods=["POST"], strict_slashes=True, provide_automatic_options=False)


@endpoint("/sms")
@operation(
    "sms.send",
    answers=(202,),
    source=f"{DOCS}/api-reference/sms/send-sms",
    gives=Answer[AcceptedOut],
    read_on=READ_ON,
    takes=schemas.SmsBody,
    scope="send_sms",
    limit=10,
)
def send_sms() -> Response:
    """Accept an SMS broadcast, for now or later."""
    body, client, found = schemas.read(schemas.SmsBody), caller(), sandbox()
    templates.check_subscription(client, "sms")
    templates.check_keyword(client, body.get("keyword"))
    _let_fail(errors.Missing())
    content: str = body.get("template_content", "")
    if (name := body.get("template_name")) is not None:
        content = templates.text_template(found, client, "sms", name).content
    letters = _texts(body, templates.text_wording(content))
    return _accepted(_send(_draft("sms", body, letters, content)))


@endpoint("/whatsapp")
@operation(
    "whatsapp.send",
    answers=(202,),
    source=f"{DOCS}/api-reference/whats-app/send-whatsapp",
    gives=Answer[AcceptedOut],
    read_on=READ_ON,
    takes=schemas.WhatsAppBody,
    scope="send_whatsapp",
    limit=10,
)
def send_whatsapp() -> Response:
    """Accept a broadcast of a WhatsApp template, for now or later."""
    body = schemas.read(schemas.WhatsAppBody)
    templates.check_subscription(caller(), "whatsapp")
    template = _whatsapp_template(body)
    letters = _parts(body, template)
    draft = _draft("whatsapp", body, letters, template.body_text)
    return _accepted(_send(draft._replace(medium=templates.medium_of(template))))


@endpoint("/whatsapp/test")
@operation(
    "whatsapp.test",
    answers=(200,),
    source=f"{DOCS}/api-reference/whats-app/test-send-whatsapp",
    gives=Answer[TestSentOut],
    read_on=READ_ON,
    takes=schemas.TestSendBody,
    scope="send_whatsapp",
    limit=5,
)
def test_whatsapp() -> Response:
    """Send one WhatsApp template message straight away, at no cost."""
    body, client, found = schemas.read(schemas.TestSendBody), caller(), sandbox()
    templates.check_subscription(client, "whatsapp", "assumed")
    template = _whatsapp_template(body)
    [letter] = _parts({**body, "recipients": [body["to"]]}, template)
    message = sending.send_test(found, client, template, letter)
    id = sending.meta_message_id(found, message.address)
    answer: TestSentOut = {"messageUuid": message.id, "metaMessageId": id}
    return _done(answer)


@endpoint("/whatsapp/upload-header-image")
@operation(
    "whatsapp.upload",
    answers=(200,),
    source=f"{DOCS}/api-reference/whats-app/send-whatsapp",
    takes=schemas.UploadBody,
    media=("multipart/form-data",),
    gives=Answer[UploadOut],
    read_on=READ_ON,
    scope="send_whatsapp",
)
def upload_header_image() -> Response:
    """Keep a media file and return the URL under which it can be fetched."""
    file = _file()
    if file.mimetype not in FILE_TYPES:
        raise errors.WrongFileType
    content = file.read()
    if len(content) > LARGEST_FILE:
        raise errors.FileTooLarge
    upload = _keep(file.mimetype, content)
    answer: UploadOut = {"url": url_for(f"{SLUG}.fetch_upload", id=upload.id, _external=True)}
    return _done(answer)


@endpoint("/email")
@operation(
    "email.send",
    answers=(200, 202),
    source=f"{DOCS}/api-reference/email/send-email",
    gives=Answer[EmailOut],
    read_on=READ_ON,
    takes=schemas.EmailBody,
    scope="send_email",
    limit=10,
)
def send_email() -> Response:
    """Attempt an e-mail broadcast before answering, or accept one for later."""
    body, client, found = schemas.read(schemas.EmailBody), caller(), sandbox()
    templates.check_subscription(client, "email", "assumed")
    template = templates.text_template(found, client, "email", body["template_name"])
    _let_fail(errors.Missing())
    subject = templates.text_wording(body["subject"])
    letters = _texts(body, templates.text_wording(template.content), subject)
    campaign = _send(_draft("email", body, letters, template.content))
    if campaign.scheduled_at is not None:
        return _accepted(campaign)
    failed = campaign.counts.get("failed", 0)
    sent = campaign.total - failed - campaign.counts.get("pending", 0)
    answer: EmailOut = {"broadcastUuid": campaign.id, "sent": sent, "failed": failed}
    return _done(answer)


@endpoint("/broadcasts/validate")
@operation(
    "broadcasts.validate",
    answers=(200,),
    source="a public integrator's source",
    gives=Answer[SortedOut],
    read_on=READ_ON,
    evidence="observed",
    takes=schemas.ListBody,
)
def validate_recipients() -> Response:
    """Say which recipients of a list could be sent to; nothing is sent or stored."""
    body = schemas.read(schemas.ListBody)
    auth.require_scope(f"send_{body['channel']}")
    return _done(_sorted_out(body["channel"], body["recipients"]))


@bp.route("/_media/<id>", methods=["GET"], strict_slashes=True, provide_automatic_options=False)
def fetch_upload(id: str) -> Response:
    """Return an uploaded file; whoever has the link may fetch it."""
    upload = sandbox().store.table(UPLOADS).get(id)
    return Response(upload.content, content_type=upload.content_type)


def _whatsapp_template(body: dict[str, Any]) -> Template:
    template = templates.whatsapp_template(sandbox(), caller(), body["template_name"])
    _let_fail(errors.Missing("WhatsApp template not found"))
    _let_fail(errors.NotApproved())
    return template


def _texts(body: dict[str, Any], content: Wording, subject: Wording | None = None) -> list[Letter]:
    """Return what each recipient of an SMS or e-mail broadcast gets."""
    rows: list[Recipient] | None = body.get("recipient_variables")
    if rows is None:
        shared = subject.text if subject else None
        return [Letter(to, content.text, None, shared) for to in body["recipients"]]
    rests_on("assumed")
    templates.check_texts(rows, [content, *([subject] if subject else [])])
    return [Letter(to, None, given, subject.fill(given) if subject else None) for to, given in rows]


def _parts(body: dict[str, Any], template: Template) -> list[Letter]:
    """Return what each recipient of a WhatsApp template gets."""
    rows: list[Recipient] | None = body.get("recipient_variables")
    if rows is None:
        given = body.get("variables") or {}
        _note_named(given)
        templates.check_parts(template, [given], "variables")
        content = templates.fill_parts(templates.whatsapp_wording(template), given)
        return [Letter(to, content, given or None) for to in body["recipients"]]
    rests_on("assumed")
    values = [row.variables for row in rows]
    templates.check_parts(template, values, "recipientVariables.{at}.variables")
    return [Letter(to, None, given) for to, given in rows]


def _note_named(given: Any) -> None:
    if given.get("templateParams"):
        rests_on("observed")


def _send(draft: Draft) -> Campaign:
    found, client = sandbox(), caller()
    if has_fault("insufficient_credit"):
        raise credit.refusal(client, credit.cost_of(client, draft.channel, len(draft.letters)))
    return sending.broadcast(found, client, draft, is_refused=has_fault("enqueue_failed"))


def _let_fail(error: errors.TeekrrError) -> None:
    """Raise an error if a tester wants one of its name to arise here."""
    if has_fault(error.name):
        raise error


def _draft(channel: str, body: dict[str, Any], letters: Sequence[Letter], wording: str) -> Draft:
    is_scheduled = body["type"] == schemas.SCHEDULED
    return Draft(
        channel=channel,
        name=body.get("campaign_name"),
        scheduled_at=body["scheduled_at"] if is_scheduled else None,
        template=body.get("template_name"),
        letters=letters,
        keyword=body.get("keyword"),
        wording=wording if body.get("recipient_variables") is not None else None,
    )


def _accepted(campaign: Campaign) -> Response:
    answer: AcceptedOut = {"broadcastUuid": campaign.id, "queued": campaign.total}
    if campaign.scheduled_at is not None:
        answer["scheduledAt"] = iso(campaign.scheduled_at)
    return _answer(answer, "accepted")


def _done(answer: Mapping[str, Any]) -> Response:
    return _answer(answer, "done")


def _answer(answer: Mapping[str, Any], success: str) -> Response:
    # No page that could be read says which number a success has.
    rests_on("assumed")
    status = sandbox().settings[SLUG]["success_codes"][success]
    return json_response({"data": answer}, status, content_type=errors.JSON)


def _file() -> FileStorage:
    named = [file for file in request.files.getlist("file") if file.filename]
    others = [file for _, file in request.files.items(multi=True) if file.filename]
    if named:
        return named[0]
    if len(others) == 1:
        return others[0]
    raise errors.NoFile


def _keep(content_type: str, content: bytes) -> Upload:
    found = sandbox()
    upload = Upload(
        id=found.ids.uuid4(UPLOADS.name),
        serial=found.ids.serial(UPLOADS.name),
        account=caller().id,
        content_type=content_type,
        content=content,
        created_at=found.clock.now(),
    )
    found.store.table(UPLOADS).add(upload)
    return upload


def _sorted_out(channel: str, given: Sequence[str | None]) -> SortedOut:
    kind = KINDS[channel]
    seen: set[str] = set()
    valid: list[ValidRow] = []
    invalid: list[InvalidRow] = []
    for row, value in enumerate(given, 1):
        address = kind.normal(value).lower() if value else ""
        if value is None or not value.strip():
            invalid.append(_refused(row, value, "EMPTY", "Recipient is required"))
        elif not kind.matches(value):
            invalid.append(_refused(row, value, "INVALID_FORMAT", kind.complaint))
        elif address in seen:
            invalid.append(_refused(row, value, "DUPLICATE", "Duplicate recipient"))
        else:
            seen.add(address)
            valid.append({"row": row, "value": value})
    summary: Summary = {"total": len(given), "valid": len(valid), "invalid": len(invalid)}
    return {"summary": summary, "valid": valid, "invalid": invalid}


def _refused(row: int, value: str | None, code: str, message: str) -> InvalidRow:
    if value is None:
        return {"row": row, "code": code, "message": message}
    return {"row": row, "value": value, "code": code, "message": message}
