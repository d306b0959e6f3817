"""The accounts of a sandbox, in their fixture form with live values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flask import Blueprint, Response

from emulator.core.errors import Conflict, Invalid, NotFound, Problem, Problems
from emulator.core.events import SANDBOX
from emulator.core.fixtures import load_part
from emulator.core.records import Account
from emulator.core.sandbox import Sandbox
from emulator.core.vendor import Vendor
from emulator.web.bodies import json_response

from .bodies import Query, json_body, one_of
from .context import IN_SANDBOX, the_sandbox
from .lists import listing

bp = Blueprint("accounts", __name__, url_prefix=IN_SANDBOX)

# An account document is loaded as the only item of a list in its provider's part of a fixture.
_PLACE_IN_PART = re.compile(r"^/[^/]+/0(?=/|$)")


@bp.get("/accounts")
def list_accounts(name: str) -> Response:
    """List the accounts, by provider and in order of creation."""
    sandbox, query = the_sandbox(name), Query()
    provider = query.get("provider", one_of(*sandbox.vendors))
    with sandbox.store.lock:
        vendors = [v for v in sandbox.vendors.values() if provider in (None, v.slug)]
        found = [(vendor, account) for vendor in vendors for account in _all(sandbox, vendor)]
        places = {vendor.slug: at for at, vendor in enumerate(vendors)}
        return listing(
            query,
            found,
            lambda pair: (places[pair[0].slug], pair[1].serial),
            lambda pair: show(sandbox, *pair),
            is_descending=False,
        )


@bp.get("/accounts/<provider>/<path:id>")
def get_account(name: str, provider: str, id: str) -> Response:
    """Show one account."""
    sandbox = the_sandbox(name)
    Query().check()
    with sandbox.store.lock:
        return json_response(show(sandbox, *_find(sandbox, provider, id)))


@bp.patch("/accounts/<provider>/<path:id>")
def change_account(name: str, provider: str, id: str) -> Response:
    """Merge a document into an account: nothing is removed, plain lists are replaced."""
    Query().check()
    sandbox, given = the_sandbox(name), json_body()
    with sandbox.unit():
        vendor, account = _find(sandbox, provider, id)
        _same(given, "id", account.id)
        _load(sandbox, vendor, {**given, "id": account.id})
        _tell(sandbox)
        return json_response(show(sandbox, *_find(sandbox, provider, id)))


@bp.post("/accounts/<provider>")
def create_account(name: str, provider: str) -> tuple[Response, int]:
    """Add an account.

    Errors: 409 there is such an account already.
    """
    Query().check()
    sandbox, given = the_sandbox(name), json_body()
    with sandbox.unit():
        vendor = sandbox.vendor(provider)
        before = {account.id for account in _all(sandbox, vendor)}
        _load(sandbox, vendor, given)
        _tell(sandbox)
        made = [account for account in _all(sandbox, vendor) if account.id not in before]
        if not made:
            raise Conflict(f"{provider} has such an account already; change it with PATCH")
        return json_response(show(sandbox, vendor, made[0])), 201


@bp.post("/accounts/<provider>/<path:id>/keys")
def create_key(name: str, provider: str, id: str) -> tuple[Response, int]:
    """Make an API key of an account."""
    Query().check()
    sandbox, given = the_sandbox(name), json_body()
    problems = Problems()
    with sandbox.unit():
        vendor, account = _find(sandbox, provider, id)
        key = vendor.make_key(sandbox, account, given, problems)
        problems.check()
        _tell(sandbox)
        return json_response(key), 201


@bp.delete("/accounts/<provider>/<path:id>/keys/<path:key>")
def revoke_key(name: str, provider: str, id: str, key: str) -> Response:
    """Revoke an API key by its name."""
    Query().check()
    sandbox = the_sandbox(name)
    with sandbox.unit():
        vendor, account = _find(sandbox, provider, id)
        vendor.drop_key(sandbox, account, key)
        _tell(sandbox)
    return Response(status=204)


def _tell(sandbox: Sandbox) -> None:
    sandbox.store.after_commit(lambda: sandbox.events.note(SANDBOX, sandbox.name))


def _load(sandbox: Sandbox, vendor: Vendor, document: Mapping[str, Any]) -> None:
    if vendor.account_part is None:
        raise Conflict(f"accounts of {vendor.slug} cannot be changed on their own")
    given = dict(document)
    _same(given, "provider", vendor.slug)
    given.pop("provider", None)
    problems = Problems()
    with _pointing_into_account():
        load_part(sandbox, vendor, vendor.account_part(given), "", problems)
        problems.check()


@contextmanager
def _pointing_into_account() -> Iterator[None]:
    """Let mistakes point into the body instead of into the part of a fixture made of it."""
    try:
        yield
    except Invalid as error:
        raise Invalid(
            [
                Problem(
                    pointer=_PLACE_IN_PART.sub("", problem.pointer),
                    message=problem.message,
                    suggestion=problem.suggestion,
                )
                for problem in error.problems
            ]
        ) from error


def _same(given: Mapping[str, Any], field: str, value: str) -> None:
    if given.get(field, value) != value:
        message = f"Cannot be changed; this is {value!r}"
        raise Invalid([Problem(pointer=f"/{field}", message=message)])


def _all(sandbox: Sandbox, vendor: Vendor) -> list[Any]:
    return sorted(sandbox.store.table(vendor.accounts), key=lambda account: account.serial)


def _find(sandbox: Sandbox, provider: str, id: str) -> tuple[Vendor, Any]:
    vendor = sandbox.vendor(provider)
    account = sandbox.store.table(vendor.accounts).find(id)
    if account is None:
        raise NotFound(f"{provider} has no account {id!r}")
    return vendor, account


def show(sandbox: Sandbox, vendor: Vendor, account: Account) -> dict[str, Any]:
    """Return an account as fixtures write it, and whose it is."""
    return {"provider": vendor.slug, **vendor.account_view(sandbox, account)}
