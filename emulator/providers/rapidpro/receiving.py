"""Messages from people's phones: to which workspace and channel they come, and what they change."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from emulator.core.errors import Conflict, Invalid, Problem
from emulator.core.records import Moment
from emulator.core.rules import bare
from emulator.core.sandbox import Sandbox
from emulator.core.vendor import Inbound

from . import flows, phones, urns
from .contacts import Contacts, touch
from .kinds import CHANNELS, MESSAGES, WORKSPACES
from .lifecycle import channel_kind
from .naming import new_uuid, next_number, next_serial
from .records import Channel, Contact, RapidMessage, Workspace

ANY_TYPE: Final = "application/octet-stream"
_SCHEME = re.compile(r"([a-z]+):.")
_TYPED = re.compile(r"(?:geo|image|audio|video|application|[a-z]+/[\w.+-]+):.+", re.DOTALL)

#: A flow that waits for the contact takes the message; the answer is the flow's UUID, or None
#: if no flow wanted it. It is given the contact and the message as they are stored.
Consume = Callable[[Sandbox, Workspace, Contact, RapidMessage], str | None]


class Origin(NamedTuple):
    """Where a message comes from and where it goes to."""

    workspace: Workspace
    channel: Channel
    urn: str


def receive(sandbox: Sandbox, wanted: Inbound, consume: Consume = flows.resume) -> RapidMessage:
    """Store a person's message as handled, with everything that follows from it.

    :param consume: what offers the message to the flows that wait.
    :raises Invalid: the tester's wishes make no sense.
    :raises Conflict: the workspace has no channel to receive by.
    """
    workspace, channel, urn = _origin(sandbox, wanted)
    book = Contacts(sandbox, workspace)
    contact = book.owner(urn) or book.create(name=wanted.name, urns=(urn,))
    message = _stored(sandbox, wanted, Origin(workspace, channel, urn), contact)
    contact = touch(sandbox, workspace, contact)
    if contact.status == "blocked":
        return message
    flow = consume(sandbox, workspace, contact, message)
    messages = sandbox.store.table(MESSAGES)
    return messages.change(messages.get(message.id), flow=flow) if flow else message


def _stored(sandbox: Sandbox, wanted: Inbound, origin: Origin, contact: Contact) -> RapidMessage:
    at = sandbox.clock.now()
    message = RapidMessage(
        id=new_uuid(sandbox, MESSAGES, at),
        serial=next_serial(sandbox, MESSAGES),
        number=next_number(sandbox, MESSAGES),
        account=origin.workspace.id,
        channel=channel_kind(urns.scheme(origin.urn)),
        address=urns.path(origin.urn),
        urn=urns.identity(origin.urn),
        via=origin.channel.id,
        contact=contact.id,
        direction="in",
        text=wanted.text or "",
        attachments=tuple(_attachment(url) for url in wanted.media),
        state="handled",
        visibility="archived" if contact.status == "blocked" else "visible",
        history=(Moment("pending", at), Moment("handled", at)),
        created_at=at,
        modified_on=at,
    )
    sandbox.store.table(MESSAGES).add(message)
    return message


def _origin(sandbox: Sandbox, wanted: Inbound) -> Origin:
    answered = _answered(sandbox, wanted)
    last = answered or _last_to(sandbox, wanted)
    workspace = _workspace(sandbox, wanted, last)
    if last is not None and last.account != workspace.id:
        last = None
    channels = sandbox.store.table(CHANNELS).every("created", (workspace.id,))
    if wanted.to is not None:
        channels = [_named_channel(workspace, channels, wanted.to)]
    if not channels:
        raise Conflict(f"{workspace.name} has no channel")
    urn = _urn(workspace, channels, wanted, last)
    channel = _channel(channels, urns.scheme(urn), last)
    if channel is None:
        known = ", ".join(dict.fromkeys(scheme for c in channels for scheme in c.schemes))
        raise _wrong("/from", f"{workspace.name} receives from {known}, not {urn}")
    return Origin(workspace, channel, urn)


def _answered(sandbox: Sandbox, wanted: Inbound) -> RapidMessage | None:
    """Return the message that is replied to, None if it is a message of its own."""
    if wanted.in_reply_to is None:
        return None
    found = sandbox.store.table(MESSAGES).find(wanted.in_reply_to)
    if found is None or found.direction != "out":
        raise _wrong("/in_reply_to", f"No message {wanted.in_reply_to} that can be replied to")
    return found


def _last_to(sandbox: Sandbox, wanted: Inbound) -> RapidMessage | None:
    """Return what was last sent to the person, None if nothing was."""
    scheme = _split(wanted.from_)[0]

    def is_meant(message: RapidMessage) -> bool:
        return (
            message.direction == "out"
            and message.urn is not None
            and wanted.account in (None, message.account)
            and scheme in (None, urns.scheme(message.urn))
        )

    table = sandbox.store.table(MESSAGES)
    found = [
        message
        for form in _forms(sandbox, wanted)
        for message in table.page("address", form, limit=1, where=is_meant).records
    ]
    return max(found, key=lambda message: (message.created_at, message.serial), default=None)


def _forms(sandbox: Sandbox, wanted: Inbound) -> set[str]:
    """Return the addresses that the sender's may be filed under.

    A number in national form is another one in each country.
    """
    scheme, path = _split(wanted.from_)
    forms = {bare(path)}
    if scheme in (None, "tel"):
        workspaces = sandbox.store.table(WORKSPACES).every("all", "all")
        for country in {workspace.country for workspace in workspaces}:
            forms.add(bare(phones.normalize(path, country)))
    return forms


def _workspace(sandbox: Sandbox, wanted: Inbound, last: RapidMessage | None) -> Workspace:
    table = sandbox.store.table(WORKSPACES)
    if wanted.account is not None:
        found = table.find(wanted.account)
        if found is None:
            raise _wrong("/account", f"No workspace {wanted.account}")
        return found
    if last is not None:
        return table.get(last.account)
    first = table.page("all", "all", limit=1, is_descending=False).records
    if not first:
        raise Conflict("there is no workspace")
    return first[0]


def _named_channel(workspace: Workspace, channels: Sequence[Channel], to: str) -> Channel:
    for channel in channels:
        names = (channel.id, channel.name, channel.address)
        if to in names or (channel.address and bare(channel.address) == bare(_split(to)[1])):
            return channel
    raise _wrong("/to", f"{workspace.name} has no channel {to!r}")


def _channel(channels: Sequence[Channel], scheme: str, last: RapidMessage | None) -> Channel | None:
    """Return the channel that last wrote to the person, else the first that takes the scheme."""
    able = [channel for channel in channels if scheme in channel.schemes]
    used = last.via if last is not None else None
    return next((channel for channel in able if channel.id == used), able[0] if able else None)


def _urn(
    workspace: Workspace,
    channels: Sequence[Channel],
    wanted: Inbound,
    last: RapidMessage | None,
) -> str:
    """Return the normalised URN of the person.

    A bare address is the one that was last written to, else a phone number, unless no channel
    receives from phone numbers.
    """
    scheme, path = _split(wanted.from_)
    raw = wanted.from_
    if scheme is None:
        known = [name for channel in channels for name in channel.schemes]
        forms = {bare(path), bare(phones.normalize(path, workspace.country))}
        used = last.urn if last is not None and bare(last.address) in forms else None
        if used is not None and urns.scheme(used) in known:
            return used
        raw = f"tel:{path}" if "tel" in known or not known else f"{known[0]}:{bare(path)}"
    try:
        return urns.clean(raw, workspace.country or None).text
    except urns.InvalidURN as error:
        raise _wrong("/from", f"No phone number or URN: {wanted.from_}") from error


def addressed(sandbox: Sandbox, account: str, channel: str, address: str) -> str:
    """Return the normalised URN of an address that a client may give; what is none as it is."""
    workspace = sandbox.store.table(WORKSPACES).find(account)
    country = workspace.country if workspace is not None else None
    is_number = channel == channel_kind("tel") and _split(address)[0] is None
    try:
        return urns.clean(f"tel:{address}" if is_number else address, country or None).text
    except urns.InvalidURN:
        return address


def _split(address: str) -> tuple[str | None, str]:
    """Return scheme and path of an address; a bare number or name has no scheme."""
    found = _SCHEME.match(address)
    if found is None or found[1] not in urns.SCHEMES:
        return None, address.strip()
    return found[1], address[len(found[1]) + 1 :].partition("#")[0]


def _attachment(url: str) -> str:
    """Return a URL with its content type in front, guessed from its name where none is given."""
    if _TYPED.fullmatch(url):
        return url
    return f"{_known_types().guess_type(url)[0] or ANY_TYPE}:{url}"


@lru_cache(maxsize=1)
def _known_types() -> mimetypes.MimeTypes:
    # The module's own functions would read the files of the operating system.
    return mimetypes.MimeTypes()


def _wrong(pointer: str, message: str) -> Invalid:
    return Invalid([Problem(pointer=pointer, message=message)])
