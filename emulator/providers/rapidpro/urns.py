"""URNs: the addresses of contacts, written `scheme:path[?query][#display]`.

In the path, the query and the display `%23`, `%25` and `%3F` stand for `#`, `%` and `?`. Two URNs
are the same address if scheme and path agree.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import ClassVar, Final

import msgspec

from emulator.core.errors import EmulatorError

from . import phones

MASK: Final = "********"
MAX_LENGTH: Final = 255

_SHAPE = re.compile(r"([^:?#]+):([^?#]+)(?:\?([^?#]*))?(?:#([^?#]*))?")
_ESCAPED = re.compile("%2[35]|%3F")
_UNESCAPED_AS = {"%23": "#", "%25": "%", "%3F": "?"}
_TO_ESCAPE = re.compile("[#%?]")
_ESCAPED_AS = {plain: escaped for escaped, plain in _UNESCAPED_AS.items()}

_DIGITS = re.compile("[0-9]+")
_INTEGER = re.compile("[+-]?[0-9]+")
_HANDLE = re.compile("[A-Za-z0-9_]{1,15}")
_VIBER_ID = re.compile("[A-Za-z0-9_=+/]{1,24}")
_SCOPED_ID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9]{1,128}")
_SCOPE = re.compile(r"[a-z]{2}\.", re.IGNORECASE | re.ASCII)
_UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_UUID_PAIR = re.compile(f"{_UUID}/{_UUID}")
_SURROGATE = re.compile("[\ud800-\udfff]")

# What the engine behind the API asks on top of the API's own rules.
_ENGINE_PATHS = {
    "jiochat": _DIGITS,
    "line": re.compile("[A-Za-z0-9_]{1,36}"),
    "webchat": re.compile(r"[A-Za-z0-9]{24}(?::[^\s@]+@[^\s@]+)?"),
}


class InvalidURN(EmulatorError):
    """A text is no URN.

    `messages` is what the API says about such an item of a body, `detail` what it says about such
    a value in a URL.
    """

    name: ClassVar[str] = "invalid_urn"

    def __init__(self, raw: str, messages: tuple[str, ...] = ()) -> None:
        self.detail = f"Invalid URN: {raw}"
        self.messages = messages or (f"{self.detail}. Ensure phone numbers contain country codes.",)
        super().__init__(self.messages[0])


class Urn(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An address in its parts, none of them escaped; query and display are None if empty."""

    scheme: str
    path: str
    query: str | None = None
    display: str | None = None

    @property
    def identity(self) -> str:
        """What makes it one address: scheme and path."""
        return f"{self.scheme}:{_escape(self.path)}"

    @property
    def text(self) -> str:
        """The whole URN as one text."""
        query = f"?{_escape(self.query)}" if self.query else ""
        display = f"#{_escape(self.display)}" if self.display else ""
        return self.identity + query + display


def parse(raw: str) -> Urn:
    """Take a text apart; the path is neither normalised nor checked.

    :raises InvalidURN: no scheme, no path, or a scheme that does not exist (cases matter).
    """
    found = _SHAPE.fullmatch(raw)
    if found is None or found[1] not in _VALID_PATHS:
        raise InvalidURN(raw)
    return Urn(
        scheme=found[1],
        path=_unescape(found[2]),
        query=_unescape(found[3]) if found[3] else None,
        display=_unescape(found[4]) if found[4] else None,
    )


def normalize(raw: str, country: str | None) -> str:
    """Return a URN in the form in which addresses are compared; it may still be invalid.

    :raises InvalidURN: it cannot be parsed, or nothing is left of its path.
    """
    return _normalized(raw, country).text


def validate(urn: Urn) -> bool:
    """Say whether the path of a normalised URN is one that its scheme allows."""
    if not urn.path or not _VALID_PATHS[urn.scheme](urn.path):
        return False
    if urn.scheme == "twitterid" and urn.display:
        return _HANDLE.fullmatch(urn.display) is not None
    return True


def clean(raw: str, country: str | None) -> Urn:
    """Normalise and check a URN that a client gives.

    :param country: two letters, for phone numbers in national form.
    :raises InvalidURN: with the messages of the API.
    """
    plain = _plain_phone(raw)
    if plain is not None:
        return plain
    urn = _normalized(raw, country)
    if not validate(urn):
        raise InvalidURN(raw)
    messages = _unfit_to_store(urn.text)
    if messages:
        raise InvalidURN(raw, messages)
    return urn


def lookup(raw: str, country: str | None) -> str:
    """Return the identity that a URN in a URL, or a reference in a body, stands for.

    It is not validated: what cannot exist is simply not found. References in bodies are looked
    up without a country.

    :raises InvalidURN: it cannot be parsed; a URL is answered with its `detail`.
    """
    return _normalized(raw, country).identity


def engine_accepts(urn: Urn) -> bool:
    """Say whether the engine takes a valid URN for a contact; it is stricter with some schemes."""
    pattern = _ENGINE_PATHS.get(urn.scheme)
    return pattern is None or pattern.fullmatch(urn.path) is not None


def identity(text: str) -> str:
    """Return the identity of a stored URN."""
    return text if "?" not in text and "#" not in text else parse(text).identity


def scheme(text: str) -> str:
    """Return the scheme of a stored URN."""
    return text.partition(":")[0]


def path(text: str) -> str:
    """Return the path of a stored URN, unescaped."""
    return parse(text).path


def display(text: str) -> str | None:
    """Return the display of a stored URN, or None."""
    return parse(text).display if "#" in text else None


def mask(text: str) -> str:
    """Return what an anonymous workspace shows of a stored URN."""
    return f"{scheme(text)}:{MASK}"


def urn_display(text: str) -> str:
    """Return a stored URN for people: numbers in national format, else display or path."""
    urn = parse(text)
    number = _phone_number(urn)
    shown = None if number is None else phones.national(number)
    return shown or urn.display or urn.path


def _normalized(raw: str, country: str | None) -> Urn:
    plain = _plain_phone(raw)
    if plain is not None:
        return plain
    urn = parse(raw)
    cleaned = _normalized_path(urn.scheme, urn.path.strip(), country)
    if not cleaned:
        raise InvalidURN(raw)
    shown = urn.display
    if urn.scheme == "twitterid" and shown:
        shown = shown.strip().lower().removeprefix("@") or None
    return Urn(scheme=urn.scheme, path=cleaned, query=urn.query, display=shown)


def _plain_phone(raw: str) -> Urn | None:
    """Return the URN of a number that needs no work, which is nearly every number of a fixture."""
    if raw.startswith("tel:+") and phones.is_plain_e164(raw[4:]):
        return Urn(scheme="tel", path=raw[4:])
    return None


def _normalized_path(scheme: str, path: str, country: str | None) -> str:
    match scheme:
        case "tel":
            return phones.normalize(path, country)
        case "mailto":
            return path.lower()
        case "twitter":
            return path.lower().removeprefix("@")
        case "whatsapp" | "bsuid" if _SCOPE.match(path):
            return path[:2].upper() + path[2:]
        case _:
            return path


def _unfit_to_store(text: str) -> tuple[str, ...]:
    messages = []
    if len(text) > MAX_LENGTH:
        messages.append(f"Ensure this field has no more than {MAX_LENGTH} characters.")
    if "\0" in text:
        messages.append("Null characters are not allowed.")
    surrogate = _SURROGATE.search(text)
    if surrogate:
        code = f"U+{ord(surrogate[0]):X}"
        messages.append(f"Surrogate characters are not allowed: {code}.")
    return tuple(messages)


def _phone_number(urn: Urn) -> str | None:
    if urn.scheme == "tel" and urn.path.startswith("+"):
        return urn.path
    if urn.scheme == "whatsapp" and _DIGITS.fullmatch(urn.path):
        return f"+{urn.path}"
    return None


def _escape(text: str) -> str:
    return _TO_ESCAPE.sub(lambda found: _ESCAPED_AS[found[0]], text)


def _unescape(text: str) -> str:
    return _ESCAPED.sub(lambda found: _UNESCAPED_AS[found[0]], text) if "%" in text else text


def _is_email(path: str) -> bool:
    from marshmallow import ValidationError
    from marshmallow.validate import Email

    try:
        Email()(path)
    except ValidationError:
        return False
    return True


def _is_facebook_id(path: str) -> bool:
    return path.startswith("ref:") or _INTEGER.fullmatch(path) is not None


def _is_whatsapp_id(path: str) -> bool:
    return _DIGITS.fullmatch(path) is not None or _SCOPED_ID.fullmatch(path) is not None


def _like(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda path: pattern.fullmatch(path) is not None


_ANY_PATH = (
    "deleted",
    "ext",
    "fcm",
    "jiochat",
    "line",
    "rocketchat",
    "slack",
    "vk",
    "webchat",
    "wechat",
)
_VALID_PATHS: dict[str, Callable[[str], bool]] = {
    "tel": phones.is_possible,
    "mailto": _is_email,
    "twitter": _like(_HANDLE),
    "twitterid": _like(_DIGITS),
    "telegram": _like(_DIGITS),
    "instagram": _like(_DIGITS),
    "facebook": _is_facebook_id,
    "whatsapp": _is_whatsapp_id,
    "bsuid": _like(_SCOPED_ID),
    "viber": _like(_VIBER_ID),
    "freshchat": _like(_UUID_PAIR),
    **dict.fromkeys(_ANY_PATH, bool),
}
SCHEMES: Final = frozenset(_VALID_PATHS)
