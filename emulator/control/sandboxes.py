"""Sandboxes: make, fork, look at, reset, delete them, and merge fixtures into them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from emulator.core.documents import Document
from emulator.core.emulator import Wish
from emulator.core.errors import NotFound, Problems, nearest
from emulator.core.events import SANDBOX
from emulator.core.fixtures import merge_all
from emulator.core.sandbox import Sandbox
from emulator.web.bodies import json_response

from .bodies import Fields, Query, any_json, filled_text, json_body, one_of, span, whole
from .clock import read_clock
from .context import IN_SANDBOX, control, the_sandbox
from .lists import listing
from .views import sandbox_view

bp = Blueprint("sandboxes", __name__)


@bp.get("/sandboxes")
def list_sandboxes() -> Response:
    """List the sandboxes by name."""
    return listing(
        Query(),
        sorted(control().emulator.all(), key=lambda sandbox: sandbox.name),
        lambda sandbox: sandbox.name,
        sandbox_view,
        is_descending=False,
    )


@bp.post("/sandboxes")
def create_sandbox() -> Response:
    """Make a sandbox from fixtures, or fork one.

    Errors: 409 the name is taken; 422 anything wrong in the body, in a fixture or in a setting.
    """
    Query().check()
    made = control().emulator.create(_read_wish(Fields(json_body())))
    return json_response(sandbox_view(made), 201)


@bp.get(IN_SANDBOX)
def read_sandbox(name: str) -> Response:
    """Show one sandbox with its base URLs and keys."""
    Query().check()
    return json_response(sandbox_view(the_sandbox(name)))


@bp.delete(IN_SANDBOX)
def delete_sandbox(name: str) -> tuple[str, int]:
    """End a sandbox: none of its timers fires and none of its callbacks leaves any more."""
    Query().check()
    control().emulator.delete(name)
    return "", 204


@bp.post(f"{IN_SANDBOX}/reset")
def reset_sandbox(name: str) -> Response:
    """Put a sandbox back to what it was created from, or empty it."""
    Query().check()
    fields = Fields(json_body())
    to = fields.get("to", one_of("empty"))
    fields.check()
    fresh = control().emulator.reset(name, is_empty=to == "empty")
    return json_response(sandbox_view(fresh))


@bp.post(f"{IN_SANDBOX}/fixtures")
def merge_fixtures(name: str) -> Response:
    """Merge a fixture into a running sandbox: a document, a name, or a list of them.

    Errors: 422 with every mistake, and then nothing has been changed.
    """
    Query().check()
    sandbox = the_sandbox(name)
    problems = Problems()
    documents = _read_fixtures(any_json(), "", problems)
    problems.check()
    merge_all(sandbox, documents)
    sandbox.events.note(SANDBOX, name)
    return json_response(sandbox_view(sandbox))


@bp.post(f"{IN_SANDBOX}/rate-limits/reset")
def reset_rate_limits(name: str) -> Response:
    """Forget the requests counted for rate limits: all, a provider's, or an account's."""
    Query().check()
    sandbox = the_sandbox(name)
    fields = Fields(json_body())
    provider = fields.get("provider", one_of(*sandbox.vendors))
    account = fields.get("account", filled_text)
    fields.check()
    _check_account(sandbox, provider, account)
    with sandbox.unit():
        sandbox.store.on_rollback(sandbox.limits.clear(provider, account))
    return json_response({"provider": provider, "account": account})


def _check_account(sandbox: Sandbox, provider: str | None, account: str | None) -> None:
    if account is None:
        return
    problems = Problems()
    vendors = [v for v in sandbox.vendors.values() if provider in (None, v.slug)]
    ids = [known.id for vendor in vendors for known in sandbox.store.table(vendor.accounts)]
    if account not in ids:
        problems.add("/account", f"No account {account!r}", nearest(account, ids))
    problems.check()


def _read_wish(fields: Fields) -> Wish:
    given = fields.raw("fixture")
    documents = [] if given is None else _read_fixtures(given, "/fixture", fields.problems)
    parent = fields.get("from", filled_text)
    ttl = fields.get("ttl", span)
    emulator = control().emulator
    if parent is not None and emulator.find(parent) is None:
        names = [sandbox.name for sandbox in emulator.all()]
        fields.problems.add("/from", f"No sandbox {parent!r}", nearest(parent, names))
    wish = Wish(
        name=fields.get("name", filled_text),
        documents=tuple(document for document, _ in documents),
        pointers=tuple(pointer for _, pointer in documents),
        parent=parent,
        seed=fields.get("seed", whole()),
        clock=read_clock(fields.raw("clock"), "/clock", fields.problems),
        settings=fields.raw("settings"),
        ttl=ttl.total_seconds() if ttl is not None else None,
    )
    fields.check()
    return wish


def _read_fixtures(given: Any, pointer: str, problems: Problems) -> list[tuple[Document, str]]:
    """Return the documents that are given or named, each with the pointer to it."""
    items = [(given, pointer)]
    if isinstance(given, list):
        items = [(item, f"{pointer}/{at}") for at, item in enumerate(given)]
    read = [(_read_fixture(item, where, problems), where) for item, where in items]
    return [(document, where) for document, where in read if document is not None]


def _read_fixture(given: Any, pointer: str, problems: Problems) -> Document | None:
    if isinstance(given, dict):
        return given
    if not isinstance(given, str):
        problems.add(pointer, "Must be the name of a fixture, a fixture, or a list of them")
        return None
    library = control().emulator.library
    try:
        return library.read(given)
    except NotFound as error:
        # The server need not stand where its clients have their files.
        files = "; what a file holds is sent as a document" if "." in given else ""
        problems.add(pointer, f"{error}{files}", nearest(given, library.names()))
        return None
