"""What commands have in common that talk to a running server."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from .outlets import is_unicode

if TYPE_CHECKING:
    from emulator.client import EmulatorClient, Sandbox

URL = "http://127.0.0.1:4600"
URL_VARIABLE = "EMULATOR_URL"
TOKEN_VARIABLE = "EMULATOR_CONTROL_TOKEN"
SANDBOX_VARIABLE = "EMULATOR_SANDBOX"


class Remote:
    """A sandbox of a running server, and how its answers are to be shown."""

    def __init__(self, url: str, token: str | None, name: str, *, is_json: bool) -> None:
        self.url, self.token, self.name = url, token, name
        self.is_json = is_json

    @functools.cached_property
    def client(self) -> EmulatorClient:
        """The server."""
        from emulator.client import EmulatorClient

        try:
            return EmulatorClient(self.url, self.token)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--url") from error

    @property
    def sandbox(self) -> Sandbox:
        """The sandbox that is meant."""
        return self.client.sandbox(self.name)

    def show(self, answer: Any, as_text: Callable[[Any], None]) -> None:
        """Print an answer: as JSON for programs, in words for people."""
        if self.is_json:
            say_json(answer)
        else:
            as_text(answer)


def say_json(answer: Any) -> None:
    """Print anything that the client returns as JSON."""
    import msgspec

    items = list(answer) if isinstance(answer, Sequence) else answer
    plain = msgspec.to_builtins(items)
    click.echo(json.dumps(plain, ensure_ascii=not is_unicode(), indent=2))


def remote(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command a :class:`Remote` as its first argument, and the options that choose it."""

    @click.option(
        "--url",
        envvar=URL_VARIABLE,
        show_envvar=True,
        default=URL,
        show_default=True,
        help="The running server.",
    )
    @click.option(
        "--sandbox",
        "sandbox_name",
        envvar=SANDBOX_VARIABLE,
        show_envvar=True,
        default="default",
        show_default=True,
        help="The sandbox that is meant.",
    )
    @click.option(
        "--control-token",
        envvar=TOKEN_VARIABLE,
        show_envvar=True,
        help="If the server asks for one.",
    )
    @click.option("--json", "is_json", is_flag=True, help="Print JSON.")
    @functools.wraps(command)
    def with_remote(
        *, url: str, sandbox_name: str, control_token: str | None, is_json: bool, **options: Any
    ) -> None:
        there = Remote(url, control_token, sandbox_name, is_json=is_json)
        with _mistakes(there):
            command(there, **options)

    return with_remote


@contextmanager
def _mistakes(there: Remote) -> Iterator[None]:
    """Say in one line what is amiss, and what to do about it."""
    from emulator.client import ClientError

    try:
        yield
    except ClientError as error:
        raise click.ClickException(f"{_words(error)}{_advice(error, there)}") from error


def _words(error: Exception) -> str:
    from emulator.client import Refused

    if isinstance(error, Refused):
        # Which call it was is of no interest here.
        return str(error).removeprefix(f"{error.call}: {error.status} ")
    return str(error)


def _advice(error: Exception, there: Remote) -> str:
    from emulator.client import NoServer, NotFound, Unauthorized
    from emulator.core.errors import nearest

    if isinstance(error, NoServer):
        return (
            "\nStart one with `broadcast-emulator serve`, or say where it is: "
            f"--url, or {URL_VARIABLE}."
        )
    if isinstance(error, Unauthorized):
        return f"\nGive it with --control-token, or as {TOKEN_VARIABLE}."
    if isinstance(error, NotFound) and error.detail.startswith("no sandbox"):
        names = [sandbox.name for sandbox in there.client.sandboxes.list()]
        meant = nearest(there.name, names)
        return f"; did you mean {meant!r}?" if meant else f"; there are: {', '.join(names)}"
    return ""
