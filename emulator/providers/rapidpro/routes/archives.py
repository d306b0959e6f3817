"""Archives of old messages and runs, and their files."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from emulator.providers.rapidpro import archives as files
from emulator.providers.rapidpro import filters, paging
from emulator.providers.rapidpro.answers import ArchiveOut, CountedPage
from emulator.providers.rapidpro.context import table, workspace
from emulator.providers.rapidpro.describing import OBSERVED, READ_ON
from emulator.providers.rapidpro.endpoint import Endpoint
from emulator.providers.rapidpro.errors import Denied, NoSuchPage
from emulator.providers.rapidpro.kinds import ARCHIVES
from emulator.providers.rapidpro.records import Archive
from emulator.web.context import hint, sandbox
from emulator.web.operations import operation

ROOT: Final = "/files/archives"
PERIODS: Final = ("daily", "monthly")


def show(archive: Archive) -> ArchiveOut:
    """Return an archive as the API has it."""
    return {
        "type": archive.type,
        "start_date": archive.start_date.isoformat(),
        "period": archive.period,
        "record_count": archive.record_count,
        "size": archive.size,
        "hash": archive.hash,
        "download_url": _address(archive) if files.has_file(archive) else None,
        "archive_type": archive.type,
    }


def _address(archive: Archive) -> str:
    query = urlencode(files.link_query(sandbox(), archive))
    return f"{paging.origin()}{ROOT}/{archive.id}/{files.file_name(archive)}?{query}"


archives = Endpoint(
    "archives",
    asks=("type", "archive_type", "period", "before", "after"),
    model="Archive",
    show=show,
    page=CountedPage,
)


@archives.lists
def list_() -> Response:
    """Answer with archives, the latest first, counted and by limit and offset."""
    type_ = filters.text("type") or filters.text("archive_type")
    asked, span = filters.text("period"), filters.period()
    period = asked if asked in PERIODS else None

    def is_wanted(archive: Archive) -> bool:
        return (
            span is not None
            and type_ in (None, archive.type)
            and period in (None, archive.period)
            and (span.start is None or archive.start_date >= span.start.date())
            and (span.end is None or archive.start_date <= span.end.date())
        )

    return paging.by_offset(ARCHIVES, "start_date", (workspace().id,), show, is_wanted)


@operation(
    "archives.file",
    source=OBSERVED,
    read_on=READ_ON,
    evidence="assumed",
    gives=bytes,
    answers=(200,),
)
def serve(id: str, filename: str) -> Response:
    """Answer with a file to whoever has a link that still works.

    :raises Denied: the link has ended, or was made up.
    """
    archive = table(ARCHIVES).find(id)
    if archive is None or archive.is_deleted or files.file_name(archive) != filename:
        raise NoSuchPage
    if not files.has_file(archive):
        raise NoSuchPage
    if not files.is_open(sandbox(), archive, request.args):
        hint("a link works for 24 hours of the sandbox's clock; /api/v2/archives.json has new ones")
        raise Denied("Request has expired")
    response = Response(files.content(sandbox(), archive), content_type="application/gzip")
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def register_files(blueprint: Blueprint) -> None:
    """Route the addresses of the files."""
    blueprint.add_url_rule(f"{ROOT}/<id>/<filename>", "archive_file", serve, methods=["GET"])


ENDPOINTS = (archives,)
