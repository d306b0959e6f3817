"""Where a server listens, and how it is reached from this machine."""

from __future__ import annotations

import errno
import socket

from emulator.core.errors import EmulatorError

# Nobody connects to "every address".
_REACHABLE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


class PortTaken(EmulatorError):
    """Another program listens on the port."""


class CannotListen(EmulatorError):
    """The address cannot be listened on."""


def numeric(host: str) -> str:
    """Return the address that a host name such as ``localhost`` stands for.

    :raises CannotListen: it stands for none.
    """
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise CannotListen(f"cannot listen on {host}: {error}") from error
    return str(found[0][4][0])


def claim_port(host: str, port: int) -> tuple[int, socket.socket | None]:
    """Return the port to serve on, and for port 0 a socket that keeps it ours until then.

    The server listens with SO_REUSEPORT, which would let two servers share a port without a
    word; a plain bind tells whether somebody is there already.

    :raises PortTaken: somebody listens there.
    :raises CannotListen: the host is not one of this machine's addresses.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    probe = socket.socket(family, socket.SOCK_STREAM)
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if port == 0:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        probe.bind((host, port))
    except OSError as error:
        probe.close()
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            raise PortTaken(f"port {port} of {host}: {error.strerror}") from error
        raise CannotListen(f"cannot listen on {host}: {error}") from error
    if port == 0:
        return int(probe.getsockname()[1]), probe
    probe.close()
    return port, None


def reachable(host: str) -> str:
    """Return the host by which a client on this machine reaches one that is listened on."""
    return _REACHABLE.get(host, host)


def base_url(host: str, port: int) -> str:
    """Return the URL under which a client on this machine reaches a server."""
    host = reachable(host)
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}"
