"""Which texts are web addresses, by Django's idea of one."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

SCHEMES = frozenset({"http", "https", "ftp", "ftps"})
MAX_LENGTH = 2048
MAX_HOST_LENGTH = 253

_LETTER = "a-zA-Z\u00a1-\uffff"
_CREDENTIALS = r"[^\s:@/]+(?::[^\s:@/]*)?@"
_HOST_AND_REST = (
    rf"(\[[0-9a-fA-F:.]+\]|[{_LETTER}0-9.-]+)"  # a number in brackets, or anything else
    r"(?::[0-9]{1,5})?(?:[/?#]\S*)?"
)
# Texts, which `re` compiles once they are used: all together take a twentieth of the start.
#: `user@host` is tried first; where it fails, the `@` may belong to a query or a fragment.
_AFTER_SCHEME = (_CREDENTIALS + _HOST_AND_REST, _HOST_AND_REST)
_LABEL = rf"(?!-)[{_LETTER}0-9-]{{1,63}}(?<!-)"
_TOP_LEVEL = rf"(?i:(?!-)(?:[{_LETTER}-]{{2,63}}|xn--[a-z0-9]{{1,59}})(?<!-))"


def is_web_address(text: str) -> bool:
    """Return whether a text is an absolute address of the web or of FTP.

    A host needs a top-level domain, unless it is ``localhost`` or a number.
    """
    if len(text) > MAX_LENGTH or any(blank in text for blank in "\t\r\n"):
        return False
    scheme, _, rest = text.partition("://")
    if scheme.lower() not in SCHEMES:
        return False
    try:
        host = urlsplit(text).hostname
    except ValueError:
        return False
    if host is None or len(host) > MAX_HOST_LENGTH:
        return False
    matches = (re.fullmatch(pattern, rest) for pattern in _AFTER_SCHEME)
    return any(match is not None and _is_host(match[1]) for match in matches)


def _is_host(host: str) -> bool:
    if host.startswith("["):
        return _is_address(ipaddress.IPv6Address, host[1:-1])
    if host.lower() == "localhost" or _is_address(ipaddress.IPv4Address, host):
        return True
    *labels, top = host.removesuffix(".").split(".")
    return (
        bool(labels)
        and re.fullmatch(_TOP_LEVEL, top) is not None
        and all(re.fullmatch(_LABEL, label) for label in labels)
    )


def _is_address(kind: type[ipaddress.IPv4Address | ipaddress.IPv6Address], text: str) -> bool:
    try:
        kind(text)
    except ValueError:
        return False
    return True
