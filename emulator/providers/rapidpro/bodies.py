"""Request bodies: which kinds are read, and how, before any field is looked at."""

from __future__ import annotations

import codecs
import io
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Never
from urllib.parse import parse_qsl

import msgspec
from werkzeug.http import parse_options_header

from emulator.core.errors import BadBody, EmulatorError
from emulator.core.nesting import is_too_deep

from .validation import Body, Invalid

JSON = "application/json"
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
FORMS = (URLENCODED, MULTIPART)
ANY_KIND = (JSON, *FORMS)
RECURSION = "maximum recursion depth exceeded"


class Malformed(BadBody):
    """The body is not what its type says; the text is the answer's ``detail``."""


class UnsupportedMedia(EmulatorError):
    """The body is of a type that is not read; the text is the answer's ``detail``."""

    name = "unsupported_media"

    def __init__(self, content_type: str) -> None:
        super().__init__(f'Unsupported media type "{content_type}" in request.')


def parse_body(
    content_type: str,
    raw: bytes,
    *,
    form: Callable[[], Iterable[tuple[str, str]]],
    files: Callable[[], Iterable[tuple[str, Any]]],
    kinds: Sequence[str] = ANY_KIND,
) -> Body:
    """Return a body; an empty one says nothing, whatever its type.

    :param raw: the bytes; of forms in several parts only whether there are any counts.
    :param form: tells the fields of such a form, in the order sent; asked only if it is one.
    :param files: likewise its files.
    :param kinds: the types that are read here.
    :raises Malformed: the bytes are not what the type says.
    :raises UnsupportedMedia: it has bytes of another type.
    :raises Invalid: it is JSON, but no object.
    """
    sent, parameters = _media_type(content_type)
    if not raw:
        return Body(form={}) if sent in FORMS else Body()
    kind = next((kind for kind in kinds if _matches(kind, sent)), None)
    if kind is None:
        raise UnsupportedMedia(content_type)
    charset = parameters.get("charset", "utf-8")
    if kind == JSON:
        return Body(values=_read_object(raw, charset))
    if kind == URLENCODED:
        return Body(form=_gathered(_read_fields(raw, charset)))
    if not parameters.get("boundary"):
        raise Malformed("Multipart form parse error - Invalid boundary in multipart: None")
    return Body(form=_gathered([*form(), *files()]))


def _media_type(content_type: str) -> tuple[str, dict[str, str]]:
    media_type, parameters = parse_options_header(content_type)
    return media_type.strip().lower(), parameters


def _matches(kind: str, sent: str) -> bool:
    """Return whether a type sent means a kind; a star in it means any."""
    if kind == sent:
        return True
    pairs = zip(kind.split("/"), sent.split("/", 1), strict=False)
    return sent.count("/") > 0 and all(theirs in {"*", ours} for ours, theirs in pairs)


def _read_fields(raw: bytes, charset: str) -> list[tuple[str, str]]:
    """Return the fields of a form; what is not of its character set never loses the rest."""
    encoding = _known_encoding(charset)
    try:
        return parse_qsl(_text(raw, encoding), keep_blank_values=True, encoding=encoding)
    except UnicodeError as error:
        raise _unsupported(charset) from error


def _text(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _gathered(pairs: Iterable[tuple[str, Any]]) -> dict[str, list[Any]]:
    form: dict[str, list[Any]] = {}
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    return form


def _read_object(raw: bytes, charset: str) -> dict[str, Any]:
    value = _decode(raw, charset)
    if is_too_deep(value):
        # The framework says so at some 1,000 levels.
        doing = "decoding a JSON object from a unicode string"
        raise Malformed(f"JSON parse error - {RECURSION} while {doing}")
    if not isinstance(value, dict):
        raise Invalid.as_a_whole("Request body should be a single JSON object")
    return value


def _decode(raw: bytes, charset: str) -> Any:
    """Return the JSON value. What the fast reader refuses, Python's own accepts or explains."""
    encoding = _known_encoding(charset)
    if encoding == "utf-8":
        try:
            return msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
    try:
        # The framework reads a stream, which forgives a character cut off at the end.
        text = codecs.getreader(encoding)(io.BytesIO(raw)).read()
        return json.loads(text, parse_constant=_refuse_constant)
    except ValueError as error:
        raise Malformed(f"JSON parse error - {error}") from error
    except RecursionError as error:
        # Python 3.14 begins otherwise, with the bytes of stack that were used.
        _, _, doing = str(error).partition(" while ")
        raise Malformed(f"JSON parse error - {RECURSION} while {doing}") from error


def _refuse_constant(constant: str) -> Never:
    raise ValueError(f"Out of range float values are not JSON compliant: {constant!r}")


def _known_encoding(charset: str) -> str:
    """Return a character set's usual name; one that is unknown counts as UTF-8."""
    try:
        encoding = codecs.lookup(charset).name
    except (LookupError, ValueError):
        return "utf-8"
    try:
        # Some codecs turn texts into texts, or bytes into bytes.
        "{".encode(encoding)
    except (LookupError, UnicodeError) as error:
        raise _unsupported(charset) from error
    return encoding


def _unsupported(charset: str) -> Malformed:
    return Malformed(f'Unsupported charset "{charset}" in request Content-Type header.')
