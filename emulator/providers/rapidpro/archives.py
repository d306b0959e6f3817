"""Files of archives: their names, what is in them, and links that end after a day."""

from __future__ import annotations

import gzip
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from emulator.core.clock import EPOCH
from emulator.core.sandbox import Sandbox

from .records import Archive

LINK_LASTS: Final = timedelta(hours=24)
#: So many lines a drawn file has at most, however many records its archive counts.
MOST_DRAWN: Final = 1000

_SECOND = timedelta(seconds=1)


def file_name(archive: Archive) -> str:
    """Return the name of an archive's file."""
    return f"{archive.type}_{archive.period[0].upper()}{archive.start_date:%Y%m%d}.jsonl.gz"


def has_file(archive: Archive) -> bool:
    """Say whether an archive has a file; one without records has none."""
    return archive.hash is not None


def link_query(sandbox: Sandbox, archive: Archive) -> dict[str, str]:
    """Return what a link to the file carries so that it works for a day."""
    end = -(-(sandbox.clock.now() + LINK_LASTS - EPOCH) // _SECOND)
    return {"Expires": str(end), "Signature": _signature(sandbox, archive, str(end))}


def is_open(sandbox: Sandbox, archive: Archive, query: Mapping[str, str]) -> bool:
    """Say whether a link still works."""
    end = query.get("Expires", "")
    expected = _signature(sandbox, archive, end)
    is_ours = hmac.compare_digest(expected.encode(), query.get("Signature", "").encode())
    return is_ours and sandbox.clock.now() <= EPOCH + int(end) * _SECOND


def content(sandbox: Sandbox, archive: Archive) -> bytes:
    """Return an archive's file: its own, or a drawn one where only size and hash are known."""
    if archive.content is not None:
        return archive.content
    draw = _message if archive.type == "message" else _run
    count = min(archive.record_count, MOST_DRAWN)
    lines = (draw(sandbox, archive, number) for number in range(count))
    return gzip.compress(b"".join(msgspec.json.encode(line) + b"\n" for line in lines), mtime=0)


def _signature(sandbox: Sandbox, archive: Archive, end: str) -> str:
    return sandbox.draws.digest("archive", archive.id, end).hex()


def _message(sandbox: Sandbox, archive: Archive, number: int) -> dict[str, Any]:
    at = _moment(archive, number)
    return {
        "uuid": _uuid(sandbox, archive, "message", number),
        "id": number + 1,
        "contact": {"uuid": _uuid(sandbox, archive, "contact", number), "name": None},
        "channel": None,
        "flow": None,
        "urn": None,
        "direction": "in",
        "type": "text",
        "status": "handled",
        "visibility": "visible",
        "text": f"Message {number + 1}",
        "attachments": [],
        "labels": [],
        "created_on": at,
        "sent_on": None,
    }


def _run(sandbox: Sandbox, archive: Archive, number: int) -> dict[str, Any]:
    at = _moment(archive, number)
    return {
        "id": number + 1,
        "uuid": _uuid(sandbox, archive, "run", number),
        "flow": {"uuid": _uuid(sandbox, archive, "flow", 0), "name": "Archived"},
        "contact": {"uuid": _uuid(sandbox, archive, "contact", number), "name": None},
        "responded": False,
        "path": [],
        "values": {},
        "created_on": at,
        "modified_on": at,
        "exited_on": at,
        "exit_type": "completed",
    }


def _moment(archive: Archive, number: int) -> str:
    start = datetime.combine(archive.start_date, datetime.min.time(), UTC)
    return (start + number * _SECOND).isoformat()


def _uuid(sandbox: Sandbox, archive: Archive, what: str, number: int) -> str:
    drawn = sandbox.draws.digest("archive", archive.id, what, number).hex()
    return f"{drawn[:8]}-{drawn[8:12]}-4{drawn[13:16]}-8{drawn[17:20]}-{drawn[20:]}"
