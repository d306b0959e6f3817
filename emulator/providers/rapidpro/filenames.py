"""Uploaded media: which types are taken, and under which names and paths they are kept."""

from __future__ import annotations

import mimetypes
import re
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import quote

MAX_LENGTH: Final = 255

_TYPES = frozenset(
    {
        "application/pdf",
        "image/apng",
        "image/avif",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/webp",
    }
)
_FAMILIES = ("audio/", "video/")
_NOT_IN_A_NAME = re.compile(r"[^\w\-\[\]() ]")
# Named here because Python's own table differs between its versions.
_EXTENSIONS = {
    "application/pdf": ".pdf",
    "audio/mp4": ".m4a",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "image/apng": ".apng",
    "image/avif": ".avif",
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "video/mp4": ".mp4",
}
_ANY_EXTENSION = ".bin"


def media_type(declared: str | None, filename: str) -> str | None:
    """Return the content type of an upload, or None if it is not supported.

    :param declared: the Content-Type of the part; its parameters don't count.
    """
    content_type = (declared or "").partition(";")[0].strip().lower()
    if content_type not in _TYPES and not content_type.startswith(_FAMILIES):
        return None
    # Browsers have many names for the type of these.
    return "audio/mp4" if filename.lower().endswith(".m4a") else content_type


def clean_name(filename: str, content_type: str) -> str:
    """Return the name under which an upload is kept: harmless, and with an extension.

    :param filename: as the client gives it; folders are cut off.
    """
    name = re.split(r"[/\\]", filename)[-1]
    stem, extension = PurePosixPath(name).stem, PurePosixPath(name).suffix
    stem = _NOT_IN_A_NAME.sub("", stem).strip()[:MAX_LENGTH].rstrip() or "file"
    if not extension[1:].isalnum():
        extension = _extension_for(content_type)
    return stem + extension


def storage_path(workspace: str, media: str, filename: str) -> str:
    """Return the path of an upload below the root of all media, percent-encoded.

    :param workspace: the id that stands in the path.
    :param media: the uuid of the media object.
    """
    return f"orgs/{workspace}/media/{media[:4]}/{media}/{quote(filename, safe='')}"


def _extension_for(content_type: str) -> str:
    return (
        _EXTENSIONS.get(content_type)
        or _known_types().guess_extension(content_type, strict=False)
        or _ANY_EXTENSION
    )


@lru_cache(maxsize=1)
def _known_types() -> mimetypes.MimeTypes:
    # The module's own functions would read the files of the operating system.
    return mimetypes.MimeTypes()
