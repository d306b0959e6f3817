"""Add and change callback endpoints by what fixtures and the control API say of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .adversary import read_adversary
from .errors import Problems, nearest
from .records import ENDPOINTS, Endpoint
from .sending import read_url
from .vendor import Vendor

if TYPE_CHECKING:
    from .sandbox import Sandbox

ENDPOINT_FIELDS = (
    "id",
    "provider",
    "account",
    "url",
    "events",
    "channel",
    "secret",
    "active",
    "adversary",
)


def merge_endpoints(sandbox: Sandbox, given: Any, pointer: str, problems: Problems) -> None:
    """Add or change the callback endpoints of a list."""
    if not isinstance(given, list):
        problems.add(pointer, "Must be a list of endpoints")
        return
    for at, item in enumerate(given):
        merge_endpoint(sandbox, item, f"{pointer}/{at}", problems)


def merge_endpoint(
    sandbox: Sandbox, given: Any, pointer: str, problems: Problems
) -> Endpoint | None:
    """Add an endpoint, or change the one with the same id; None if there are mistakes."""
    before = len(problems.found)
    if not isinstance(given, dict):
        problems.add(pointer, "Must be an object")
        return None
    problems.unknown_keys(pointer, given, ENDPOINT_FIELDS)
    id = given.get("id")
    known = sandbox.store.table(ENDPOINTS).find(id) if isinstance(id, str) else None
    provider = given.get("provider", known.provider if known else None)
    vendor = sandbox.vendors.get(provider) if isinstance(provider, str) else None
    if vendor is None:
        problems.add_choice(f"{pointer}/provider", provider, sandbox.vendors)
        return None
    values = _endpoint_values(sandbox, vendor, given, pointer, problems, known)
    if len(problems.found) > before:
        return None
    if known is not None:
        after = sandbox.store.table(ENDPOINTS).put(_changed(known, values))
        if vendor.endpoint_changed is not None:
            vendor.endpoint_changed(sandbox, known, after)
        return after
    return sandbox.store.table(ENDPOINTS).put(_new_endpoint(sandbox, vendor, values))


def check_owner(
    sandbox: Sandbox, owner: tuple[str, str], id: Any, pointer: str, problems: Problems
) -> bool:
    """Tell whether an account may have an endpoint of this id; it cannot take another's.

    :param owner: vendor and account.
    """
    known = sandbox.store.table(ENDPOINTS).find(id) if isinstance(id, str) else None
    if known is None or (known.provider, known.account) == owner:
        return True
    problems.add(f"{pointer}/id", f"Account {known.account!r} has this endpoint already")
    return False


def _endpoint_values(
    sandbox: Sandbox,
    vendor: Vendor,
    given: Mapping[str, Any],
    pointer: str,
    problems: Problems,
    known: Endpoint | None,
) -> dict[str, Any]:
    values: dict[str, Any] = {"provider": vendor.slug}
    for name in ("id", "secret", "channel"):
        value = given.get(name)
        if value is not None and (not isinstance(value, str) or not value):
            problems.add(f"{pointer}/{name}", "Must be a string that is not empty")
        elif value is not None or (name in given and known is not None):
            values[name] = value
    if known is None or "url" in given:
        _read_url(given, pointer, problems, values)
    if not isinstance(given.get("active", True), bool):
        problems.add(f"{pointer}/active", "Must be true or false")
    elif "active" in given:
        values["is_active"] = given["active"]
    _read_events(vendor, given, pointer, problems, values)
    if "adversary" in given:
        before = known.adversary if known else None
        values["adversary"] = read_adversary(
            given["adversary"], before, f"{pointer}/adversary", problems
        )
    values["account"] = _read_account(sandbox, vendor, given, pointer, problems, known)
    _check_channel(sandbox, vendor, values, f"{pointer}/channel", problems)
    return values


def _read_url(
    given: Mapping[str, Any], pointer: str, problems: Problems, values: dict[str, Any]
) -> None:
    try:
        values["url"] = read_url(given.get("url"))
    except ValueError as error:
        problems.add(f"{pointer}/url", str(error))


def _check_channel(
    sandbox: Sandbox,
    vendor: Vendor,
    values: Mapping[str, Any],
    pointer: str,
    problems: Problems,
) -> None:
    channel = values.get("channel")
    if channel is None:
        return
    known = vendor.endpoint_channels(sandbox, values["account"])
    if not known:
        problems.add(pointer, f"Endpoints of {vendor.slug} are told of all channels")
    elif channel not in known:
        problems.add_choice(pointer, channel, known)


def _read_events(
    vendor: Vendor,
    given: Mapping[str, Any],
    pointer: str,
    problems: Problems,
    values: dict[str, Any],
) -> None:
    events = given.get("events")
    if events is None:
        if "events" in given:
            values["events"] = None
        return
    if not isinstance(events, list) or not all(isinstance(event, str) for event in events):
        problems.add(f"{pointer}/events", "Must be a list of event names")
        return
    for at, event in enumerate(events):
        if vendor.events is not None and event not in vendor.events:
            problems.add_choice(f"{pointer}/events/{at}", event, sorted(vendor.events))
    values["events"] = tuple(events)


def _read_account(
    sandbox: Sandbox,
    vendor: Vendor,
    given: Mapping[str, Any],
    pointer: str,
    problems: Problems,
    known: Endpoint | None,
) -> str:
    table = sandbox.store.table(vendor.accounts)
    wanted = given.get("account", known.account if known else None)
    if isinstance(wanted, str) and wanted in table:
        return str(wanted)
    ids = [account.id for account in sorted(table, key=lambda account: account.serial)]
    if wanted is None and ids:
        return str(ids[0])
    if wanted is None:
        problems.add(f"{pointer}/account", f"{vendor.slug} has no account in this sandbox")
        return ""
    problems.add(f"{pointer}/account", f"No account {wanted!r}", nearest(str(wanted), ids))
    return str(wanted)


def _changed(known: Endpoint, values: dict[str, Any]) -> Endpoint:
    fields = {name: getattr(known, name) for name in known.__struct_fields__}
    fields.update({name: value for name, value in values.items() if name != "id"})
    return Endpoint(**fields)


def _new_endpoint(sandbox: Sandbox, vendor: Vendor, values: dict[str, Any]) -> Endpoint:
    values.setdefault("id", f"ep-{sandbox.ids.text(f'{vendor.slug}.endpoints', 12)}")
    values.setdefault("secret", f"whsec_{sandbox.ids.text(f'{vendor.slug}.secrets', 32)}")
    endpoint = Endpoint(serial=sandbox.ids.serial("endpoints"), **values)
    return vendor.new_endpoint(sandbox, endpoint) if vendor.new_endpoint else endpoint
