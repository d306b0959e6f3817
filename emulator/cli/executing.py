"""``exec`` and ``env``: give a program the addresses and keys of a server."""

from __future__ import annotations

import errno
import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .completing import providers
from .options import arguments, check_reach, place_options, world_options
from .remote import TOKEN_VARIABLE, URL_VARIABLE, Remote, remote, say_json

if TYPE_CHECKING:
    from emulator.client import Sandbox

# What each vendor's own clients are mostly configured by.
VARIABLES = {
    "rapidpro": ("RAPIDPRO_URL", "RAPIDPRO_TOKEN"),
    "teekrr": ("TEEKRR_URL", "TEEKRR_API_KEY"),
    "cuedesk": ("CUEDESK_URL", "CUEDESK_TOKEN"),
    "whautomate": ("WHAUTOMATE_URL", "WHAUTOMATE_API_KEY"),
}
NOT_FOUND, NOT_RUNNABLE = 127, 126
SIGNALLED = 128


def variables_of(sandbox: Sandbox, provider: str | None = None) -> dict[str, str]:
    """Return the variables for the first key of the first account of each vendor, or of one.

    :raises LookupError: there is no such vendor in the sandbox.
    """
    if provider is not None:
        sandbox.provider(provider)
    found: dict[str, str] = {}
    for slug, access in sandbox.providers.items():
        if provider in (None, slug) and access.accounts:
            handle = sandbox.provider(slug)
            own = VARIABLES.get(slug, (f"{slug.upper()}_URL", f"{slug.upper()}_API_KEY"))
            found |= dict(zip(own, (handle.base_url, handle.key), strict=True))
    return found


@click.command()
@click.argument("provider", required=False, shell_complete=providers)
@remote
def env(there: Remote, *, provider: str | None) -> None:
    """Print URL and key of each vendor for the shell.

    Use it as: eval "$(broadcast-emulator env)".
    """
    try:
        found = {URL_VARIABLE: there.client.url, **variables_of(there.sandbox, provider)}
    except LookupError as error:
        raise click.ClickException(f"{error}") from error
    if there.is_json:
        say_json(found)
    else:
        for name, value in found.items():
            click.echo(f"export {name}={shlex.quote(value)}")


@click.command("exec", context_settings={"allow_interspersed_args": False})
@click.option("--port", type=click.IntRange(0, 65535), help="Port; any free one by default.")
@world_options("reference", clock="manual")
@place_options
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def execute(*, command: tuple[str, ...], **options: Any) -> None:
    """Run COMMAND beside a server of its own.

    The exit code is the command's. It finds EMULATOR_URL, and URL and key of each vendor:
    RAPIDPRO_URL, RAPIDPRO_TOKEN, TEEKRR_URL, TEEKRR_API_KEY, CUEDESK_URL, CUEDESK_TOKEN,
    WHAUTOMATE_URL, WHAUTOMATE_API_KEY.
    """
    from emulator.client import EmulatorClient
    from emulator.runtime.process import NotStarted, ServerProcess

    check_reach(options)
    _look_for(command[0])
    token = options["control_token"]
    with ServerProcess(arguments(options)) as server:
        try:
            client = EmulatorClient(server.url, token)
        except NotStarted as error:
            raise click.ClickException(str(error).removeprefix("Error: ")) from error
        given = {URL_VARIABLE: server.url, **variables_of(client.sandbox())}
        if token is not None:
            given[TOKEN_VARIABLE] = token
        code = _run(command, given)
        client.close()
        said = server.finish()
    if said:
        click.echo(said, err=True)
    click.get_current_context().exit(code)


def _look_for(command: str) -> None:
    """Say now, as shells do, that a command cannot be run, and end."""
    if shutil.which(command) is not None:
        return
    is_folder = os.sep in command and Path(command).is_dir()
    if is_folder or shutil.which(command, os.F_OK) is not None:
        why = os.strerror(errno.EISDIR if is_folder else errno.EACCES)
        click.echo(f"Error: {command!r} cannot be run: {why}", err=True)
        click.get_current_context().exit(NOT_RUNNABLE)
    click.echo(f"Error: there is no command {command!r}", err=True)
    click.get_current_context().exit(NOT_FOUND)


def _run(command: Sequence[str], variables: Mapping[str, str]) -> int:
    """Run a command to its end; return its exit code as shells count."""
    try:
        child = subprocess.Popen(command, env={**os.environ, **variables})  # noqa: S603 - asked for
    except OSError as error:
        click.echo(f"Error: {command[0]!r} cannot be run: {error.strerror}", err=True)
        return NOT_RUNNABLE
    # A terminal tells the child itself of Ctrl-C.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    code = child.wait()
    return code if code >= 0 else SIGNALLED - code
