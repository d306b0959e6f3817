"""What happens to requests: the faults of a sandbox."""

from __future__ import annotations

import re

from flask import Blueprint, Response

from emulator.core.errors import Conflict, NotFound, Problems
from emulator.core.fault_documents import fault_document, read_fault
from emulator.core.faults import Fault
from emulator.core.sandbox import Sandbox
from emulator.web.bodies import json_response

from .bodies import Query, json_body
from .context import IN_SANDBOX, control, error_names, the_sandbox
from .lists import listing

bp = Blueprint("faults", __name__, url_prefix=IN_SANDBOX)

_WITH_BASE = re.compile(r"(?:/s/[^/]+)?/(?P<slug>[^/]+)(?P<below>/.*)?", re.DOTALL)


@bp.get("/faults")
def list_faults(name: str) -> Response:
    """List the faults, oldest first: the order in which they are tried."""
    sandbox = the_sandbox(name)
    with sandbox.store.lock:
        rows = [(at, _show(sandbox, fault)) for at, fault in enumerate(sandbox.faults.faults)]
    return listing(Query(), rows, lambda row: row[0], lambda row: row[1], is_descending=False)


@bp.post("/faults")
def add_fault(name: str) -> Response:
    """Add a fault.

    Errors: 409 there is one with its id; 422 an error name that the provider does not have.
    """
    Query().check()
    sandbox = the_sandbox(name)
    problems = Problems()
    with sandbox.unit():
        fault = read_fault(json_body(), problems, error_names(), lambda: _new_id(sandbox))
        if fault is not None and fault.path is not None:
            _check_path(fault.path, problems)
        problems.check()
        assert fault is not None
        if any(fault.id == known.id for known in sandbox.faults.faults):
            raise Conflict(f"there is a fault {fault.id!r} already")
        sandbox.faults.add(fault)
        return json_response(_show(sandbox, fault), 201)


@bp.delete("/faults")
def drop_faults(name: str) -> tuple[str, int]:
    """Remove all faults."""
    Query().check()
    sandbox = the_sandbox(name)
    with sandbox.unit():
        sandbox.faults.clear()
    return "", 204


@bp.delete("/faults/<path:id>")
def drop_fault(name: str, id: str) -> tuple[str, int]:
    """Remove one fault."""
    Query().check()
    sandbox = the_sandbox(name)
    with sandbox.unit():
        if not sandbox.faults.drop(id):
            raise NotFound(f"no fault {id!r}")
    return "", 204


def _show(sandbox: Sandbox, fault: Fault) -> dict[str, object]:
    return {**fault_document(fault), "hits": sandbox.faults.hits(fault.id)}


def _check_path(path: str, problems: Problems) -> None:
    # Such a fault would be there and never act.
    found = _WITH_BASE.fullmatch(path)
    if found is not None and found["slug"] in control().apps:
        below = found["below"] or "/*"
        problems.add("/path", f"Paths begin below the provider's base: {below}", below)


def _new_id(sandbox: Sandbox) -> str:
    taken = {fault.id for fault in sandbox.faults.faults}
    while (id := f"fault-{sandbox.ids.serial('faults')}") in taken:
        pass
    return id
