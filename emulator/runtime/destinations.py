"""Where callbacks may go: loopback and private networks, checked on the resolved address.

A test server that posts to whatever URL it is given must not become a way to reach the internet or
a cloud's metadata service. Names prove nothing, so the addresses behind a name are checked, and
the caller connects to one of those very addresses instead of resolving the name again.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from types import MappingProxyType
from typing import Literal
from urllib.parse import SplitResult, quote, urlsplit

import msgspec

Resolver = Callable[[str, int], Sequence[str]]
"""Turns a host name and a port into addresses, best first; raises OSError if it has none."""

Reach = Literal["near", "public", "never"]

_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[A-Za-z0-9._-]+")
# urlsplit drops tabs and line ends in silence, and clients disagree about the backslash.
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
_URL_CHARACTERS = "!#$%&'()*+,/:;=?@[]~|^`{}\"<>"

_NEAR_V4 = tuple(
    IPv4Network(text) for text in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
)
_NEVER_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # "this host": Linux takes it for loopback
        "100.100.100.200/32",  # a cloud's metadata
        "168.63.129.16/32",  # a cloud's metadata
        "169.254.0.0/16",  # link-local, most clouds' metadata among it
        "192.0.0.0/24",  # protocol assignments, a cloud's metadata among them
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_NEAR_V6 = (IPv6Network("::1/128"), IPv6Network("fc00::/7"))
# Clouds' metadata services, though in a private network.
_METADATA = (IPv6Network("fd00:ec2::254/128"), IPv6Network("fd20:ce::254/128"))
# Teredo hides an IPv4 address.
_NEVER_V6 = (IPv6Network("2001::/32"), *_METADATA)
_GLOBAL_V6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")


class DestinationRefused(Exception):
    """A callback may not go there; the text is what its attempt records."""


class Place(msgspec.Struct, frozen=True):
    """What a URL says, before any name is resolved."""

    scheme: str
    host: str
    port: int
    path: str
    """With the query; never empty."""

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


class Target(msgspec.Struct, frozen=True):
    """A place together with the addresses behind it that passed the check."""

    scheme: str
    host: str
    port: int
    path: str
    addresses: tuple[str, ...]

    @property
    def address(self) -> str:
        """The address to try first."""
        return self.addresses[0]


def system_resolver(host: str, port: int) -> list[str]:
    """Ask the operating system."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class Destinations:
    """The rule of one server about where its callbacks may go.

    :param allowed_hosts: names or addresses that may also be public.
    :param host_map: hosts to be looked up under another name.
    """

    def __init__(
        self,
        allowed_hosts: frozenset[str] = frozenset(),
        host_map: Mapping[str, str] = MappingProxyType({}),
        *,
        resolver: Resolver = system_resolver,
    ) -> None:
        self._allowed = frozenset(_plain(host) for host in allowed_hosts)
        self._map = {_plain(host): _plain(other) for host, other in host_map.items()}
        self._resolver = resolver

    def resolve(self, url: str) -> Target:
        """Return where a URL leads.

        :raises DestinationRefused: the URL is none of ours, its name has no address, or none of
            its addresses is allowed.
        """
        place = read_url(url)
        addresses = self.addresses(place)
        return Target(place.scheme, place.host, place.port, place.path, addresses)

    def addresses(self, place: Place) -> tuple[str, ...]:
        """Return the addresses behind a place that may be connected to, best first.

        A name often has a public or link-local address beside its private one: those are left
        out, and the place is refused if nothing remains.

        :raises DestinationRefused: no address, or none that is allowed.
        """
        host = self._map.get(place.host, place.host)
        found = self._look_up(host, place.port)
        allowed = not self._allowed.isdisjoint((place.host, host))
        passed = tuple(address for address in found if _passes(address, allowed))
        if not passed:
            raise DestinationRefused(_refusal(found[0]))
        return passed

    def needs_resolver(self, place: Place) -> bool:
        """Tell whether asking for the addresses may take a while."""
        return _literal(self._map.get(place.host, place.host)) is None

    def _look_up(self, host: str, port: int) -> list[str]:
        if _literal(host) is not None:
            return [host]
        try:
            found = list(dict.fromkeys(self._resolver(host, port)))
        except (OSError, UnicodeError) as error:
            raise DestinationRefused("name not resolved") from error
        if not found:
            raise DestinationRefused("name not resolved")
        return found


@lru_cache(maxsize=1024)
def read_url(url: str) -> Place:
    """Take a callback URL apart.

    :raises DestinationRefused: it is not a plain http or https URL.
    """
    if _UNSAFE.search(url):
        raise DestinationRefused("invalid url")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = _host(parts)
        query = f"?{parts.query}" if parts.query else ""
        path = quote((parts.path or "/") + query, safe=_URL_CHARACTERS)
    except ValueError as error:
        raise DestinationRefused("invalid url") from error
    if parts.scheme not in _PORTS or "@" in parts.netloc or port == 0:
        raise DestinationRefused("invalid url")
    return Place(parts.scheme, host, port or _PORTS[parts.scheme], path)


def _host(parts: SplitResult) -> str:
    """Return the host in ASCII and lower case; raise ValueError if it is none."""
    host = parts.hostname or ""
    if ":" in host and "%" not in host:
        return str(IPv6Address(host))
    host = host.encode("idna").decode("ascii")
    if not _HOST.fullmatch(host):
        raise ValueError(f"not a host name: {host!r}")
    return host.lower()


def is_host(text: str) -> bool:
    """Tell whether a text is a host as options name it: without scheme, port and path."""
    try:
        plain = _plain(text)
    except UnicodeError:
        return False
    return _literal(plain) is not None or _HOST.fullmatch(plain) is not None


def _plain(host: str) -> str:
    """Return a host as URLs spell it after reading: lower case, ASCII, no brackets."""
    host = host.strip("[]").lower()
    address = _literal(host)
    return str(address) if address else host.encode("idna").decode("ascii")


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _passes(address: str, allowed: bool) -> bool:
    reach = _reach(ip_address(address))
    return reach == "near" or (allowed and reach == "public")


def _reach(address: IPv4Address | IPv6Address) -> Reach:
    if isinstance(address, IPv4Address):
        return _classify(address, _NEAR_V4, _NEVER_V4)
    if address.ipv4_mapped is not None:
        return _reach(address.ipv4_mapped)
    embedded = _embedded(address)
    if embedded is not None:
        # A gateway on the way to a private address is nobody's test receiver.
        return "public" if _reach(embedded) == "public" else "never"
    if address not in _GLOBAL_V6 and not _within(address, _NEAR_V6):
        return "never"
    return _classify(address, _NEAR_V6, _NEVER_V6)


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that a 6to4 or NAT64 address stands for."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.sixtofour


def _classify(
    address: IPv4Address | IPv6Address,
    near: Iterable[IPv4Network | IPv6Network],
    never: Iterable[IPv4Network | IPv6Network],
) -> Reach:
    if _within(address, never):
        return "never"
    return "near" if _within(address, near) else "public"


def _within(
    address: IPv4Address | IPv6Address, networks: Iterable[IPv4Network | IPv6Network]
) -> bool:
    return any(address in network for network in networks)


def _refusal(address: str) -> str:
    if _within(ip_address(address), _METADATA):
        return f"destination refused: {address} is a metadata address"
    return f"destination refused: {address} is not a loopback or private address"
