"""Uploads for attachments, and the files themselves."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response
from marshmallow import ValidationError
from werkzeug.datastructures import FileStorage

from emulator.providers.rapidpro import paging
from emulator.providers.rapidpro.answers import MediaOut
from emulator.providers.rapidpro.bodies import FORMS
from emulator.providers.rapidpro.context import now, table, workspace
from emulator.providers.rapidpro.describing import OBSERVED, READ_ON
from emulator.providers.rapidpro.endpoint import Endpoint
from emulator.providers.rapidpro.errors import NoSuchPage
from emulator.providers.rapidpro.filenames import clean_name, media_type, storage_path
from emulator.providers.rapidpro.kinds import MEDIA
from emulator.providers.rapidpro.naming import new_uuid, next_serial
from emulator.providers.rapidpro.records import Media
from emulator.providers.rapidpro.validation import Body, Field, Form, Schema
from emulator.web.context import sandbox
from emulator.web.operations import operation

MOST_BYTES = 25 * 1024 * 1024
ROOT = "/media"
ANY_TYPE = "application/octet-stream"


def address(media: Media) -> str:
    """Return the URL of an upload as the client reaches it."""
    path = storage_path(media.workspace, media.id, media.filename)
    return f"{paging.origin()}{ROOT}/{path}"


def attachment(media: Media) -> str:
    """Return an upload as messages and broadcasts keep it."""
    return f"{media.content_type}:{address(media)}"


def show(media: Media) -> MediaOut:
    return {
        "uuid": media.id,
        "content_type": media.content_type,
        "url": address(media),
        "filename": media.filename,
        "size": len(media.content),
    }


class File(Field[FileStorage]):
    """A file of a form, of a type that is taken and not too large."""

    def __init__(self) -> None:
        super().__init__(required=True)
        self.error_messages["required"] = "No file was submitted."

    def json_schema(self) -> dict[str, Any]:
        """Return that it is a file."""
        return {"type": "string", "format": "binary"}

    def from_form(self, form: Form, name: str) -> Any:
        """Return the last part of that name, a file or not.

        Browsers send a file without a name where none was chosen.
        """
        parts = [part for part in form.get(name, ()) if not _is_unchosen(part)]
        return parts[-1] if parts else self.absent_in_form

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> FileStorage:
        if not isinstance(value, FileStorage):
            raise ValidationError(
                "The submitted data was not a file. Check the encoding type on the form."
            )
        size = value.stream.seek(0, 2)
        value.stream.seek(0)
        if size == 0:
            raise ValidationError("The submitted file is empty.")
        if media_type(value.content_type, value.filename or "") is None:
            raise ValidationError("Unsupported file type.")
        if size > MOST_BYTES:
            raise ValidationError(f"Limit for file uploads is {MOST_BYTES / 1048576} MB.")
        return value


def _is_unchosen(part: Any) -> bool:
    return isinstance(part, FileStorage) and not part.filename


class Upload(Schema):
    """The body of a POST."""

    file = File()


media = Endpoint("media", show=show, kinds=FORMS)


@media.creates(Upload)
def create(body: Body) -> Media:
    """Keep a file."""
    file: FileStorage = Upload().read(body)["file"]
    given = file.filename or ""
    content_type = media_type(file.content_type, given) or ""
    kept = Media(
        id=new_uuid(sandbox(), MEDIA),
        serial=next_serial(sandbox(), MEDIA),
        workspace=workspace().id,
        content_type=content_type,
        filename=clean_name(given, content_type),
        content=file.read(),
        created_on=now(),
    )
    table(MEDIA).add(kept)
    return kept


@operation(
    "media.file",
    source=OBSERVED,
    read_on=READ_ON,
    evidence="observed",
    gives=bytes,
    answers=(200,),
)
def serve(workspace: str, start: str, id: str, filename: str) -> Response:
    """Answer with the bytes of an upload; whoever knows the address may have them."""
    found = table(MEDIA).find(id)
    if found is None or (found.workspace, found.id[:4], found.filename) != (
        workspace,
        start,
        filename,
    ):
        raise NoSuchPage
    is_sendable = found.content_type.isascii() and found.content_type.isprintable()
    return Response(found.content, content_type=found.content_type if is_sendable else ANY_TYPE)


def register_files(blueprint: Blueprint) -> None:
    """Route the addresses of the files."""
    path = f"{ROOT}/orgs/<workspace>/media/<start>/<id>/<filename>"
    blueprint.add_url_rule(path, "media_file", serve, methods=["GET"])


ENDPOINTS = (media,)
