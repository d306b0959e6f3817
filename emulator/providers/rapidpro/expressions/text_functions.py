"""The functions that work on texts."""

import html
import re
import unicodedata
from urllib.parse import quote

from .calls import Arguments, Function, of_number, of_text, of_texts, of_value
from .values import (
    MAX_ITEMS,
    MAX_TEXT,
    EvaluationError,
    Scope,
    Value,
    bounded_text,
    to_boolean,
    to_integer,
    to_text,
)

_REPLACEMENT = "\ufffd"


def upper(text: str) -> str:
    """Return the text in capitals, character by character: ``ß`` stays."""
    changed = text.upper()
    if len(changed) == len(text):
        return changed
    return "".join([one if len(one := char.upper()) == 1 else char for char in text])


def lower(text: str) -> str:
    """Return the text in small letters, character by character."""
    # The one letter that Python makes two of.
    return text.replace("İ", "i").lower()


def title(text: str) -> str:
    """Return the text with a capital at every start of a word, ``O'Grady`` having two."""
    at_start = True
    chars: list[str] = []
    for char in lower(text):
        chars.append(upper(char) if at_start else char)
        is_inside = char.isalnum() or char == "_" if char.isascii() else not char.isspace()
        at_start = not is_inside
    return "".join(chars)


def words(text: str, delimiters: str = "") -> list[str]:
    """Return the words of a text; without delimiters each symbol is a word by itself."""
    if delimiters:
        found = [word for word in re.split(f"[{re.escape(delimiters)}]", text) if word]
    else:
        found = _natural_words(text)
    if len(found) > MAX_ITEMS:
        raise EvaluationError(f"more than {MAX_ITEMS} words")
    return found


def _natural_words(text: str) -> list[str]:
    found: list[str] = []
    word = ""
    for char in text:
        category = unicodedata.category(char)
        if char in "_'" or category[0] in "LMN":
            word += char
            continue
        if word:
            found.append(word)
            word = ""
        if category[0] == "S":
            found.append(char)
    return [*found, word] if word else found


def _word(_scope: Scope, args: Arguments) -> Value:
    found = words(to_text(args[0]), to_text(args[2]) if args[2:] else "")
    return found[to_integer(args[1])]


def _word_slice(_scope: Scope, args: Arguments) -> Value:
    start, end = to_integer(args[1]), to_integer(args[2]) if args[2:] else -1
    if start < 0 or 0 < end <= start:
        raise EvaluationError("the words to take end before they start")
    found = words(to_text(args[0]), to_text(args[3]) if args[3:] else "")
    return " ".join(found[start:end] if end > 0 else found[start:])


def _remove_first_word(text: str) -> Value:
    found = words(text)
    if not found:
        return ""
    return text[text.index(found[0]) + len(found[0]) :].lstrip(" ")


def _text_slice(_scope: Scope, args: Arguments) -> Value:
    text = to_text(args[0])
    end = to_integer(args[2]) if args[2:] else len(text)
    return text[slice(to_integer(args[1]), end)]


def _field(_scope: Scope, args: Arguments) -> Value:
    text, at, delimiter = to_text(args[0]), to_integer(args[1]), to_text(args[2])
    if at < 0:
        raise EvaluationError("fields are counted from zero")
    parts = text.split(delimiter) if delimiter else list(text)
    if delimiter == " ":
        parts = [part for part in parts if part]
    return parts[at].strip() if at < len(parts) else ""


def _split(text: str, delimiters: str) -> Value:
    return tuple(words(text, delimiters))


def _repeat(_scope: Scope, args: Arguments) -> Value:
    text, count = to_text(args[0]), to_integer(args[1])
    if count < 0:
        raise EvaluationError("a text cannot be repeated less than never")
    _check_length(len(text) * count)
    return text * count


def _replace(_scope: Scope, args: Arguments) -> Value:
    text, needle, replacement = (to_text(arg) for arg in args[:3])
    count = to_integer(args[3]) if args[3:] else -1
    times = text.count(needle) if count < 0 else min(count, text.count(needle))
    _check_length(len(text) + times * len(replacement))
    return text.replace(needle, replacement, count)


def _check_length(length: int) -> None:
    # Before the text is made: two short arguments can ask for a gigabyte.
    if length > MAX_TEXT:
        raise EvaluationError(f"a text of {length} characters is too long")


def _char(code: int) -> str:
    if 0 <= code < 0xD800 or 0xE000 <= code <= 0x10FFFF:
        return chr(code)
    return _REPLACEMENT


def _clean(text: str) -> Value:
    return "".join([char for char in text if unicodedata.category(char)[0] != "C"])


def _format_location(text: str) -> Value:
    return text.rpartition(">")[2].strip()


def _urn_parts(text: str) -> Value:
    scheme, colon, rest = text.partition(":")
    path, _, display = rest.partition("#")
    if not (scheme and colon and path):
        raise EvaluationError("not a URN")
    return {"scheme": scheme, "path": path.partition("?")[0], "display": display}


TEXT_FUNCTIONS: dict[str, Function] = {
    "text": of_value(to_text),
    "boolean": of_value(to_boolean),
    "upper": of_text(upper),
    "lower": of_text(lower),
    "title": of_text(title),
    "trim": of_texts(lambda text, chars: text.strip(chars or None), least=1),
    "trim_left": of_texts(lambda text, chars: text.lstrip(chars or None), least=1),
    "trim_right": of_texts(lambda text, chars: text.rstrip(chars or None), least=1),
    "word": Function(2, 3, _word),
    "word_count": of_texts(lambda text, delimiters: len(words(text, delimiters)), least=1),
    "word_slice": Function(2, 4, _word_slice),
    "remove_first_word": of_text(_remove_first_word),
    "text_slice": Function(2, 3, _text_slice),
    "text_length": of_text(len),
    "text_compare": of_texts(lambda one, other: (one > other) - (one < other)),
    "field": Function(3, 3, _field),
    "split": of_texts(_split, least=1),
    "repeat": Function(2, 2, _repeat),
    "replace": Function(3, 4, _replace),
    "char": of_number(lambda code: _char(to_integer(code))),
    "code": of_text(lambda text: ord(text[0])),
    "clean": of_text(_clean),
    "url_encode": of_text(lambda text: bounded_text(quote(text, safe=""))),
    "html_decode": of_text(lambda text: html.unescape(text).replace("\xa0", " ")),
    "format_location": of_text(_format_location),
    "format_urn": Function(1, 1, lambda scope, args: scope.format_urn(to_text(args[0]))),
    "urn_parts": of_text(_urn_parts),
}
