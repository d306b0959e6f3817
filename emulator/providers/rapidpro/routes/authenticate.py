"""The login of older servers, which hands out API keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from flask import Blueprint, Response, request

from emulator.providers.rapidpro import records as r
from emulator.providers.rapidpro.answers import LoginOrg, LoginOut, LoginToken
from emulator.providers.rapidpro.context import is_strict, table, tolerate
from emulator.providers.rapidpro.describing import READ_ON
from emulator.providers.rapidpro.endpoint import BASE
from emulator.providers.rapidpro.errors import Denied, NoSuchPage
from emulator.providers.rapidpro.kinds import TOKENS, USERS, WORKSPACES
from emulator.web.bodies import json_response
from emulator.web.operations import operation

#: The roles that keys are handed out for. Surveyors are no more.
ROLES: Final = {"A": ("administrator",), "E": ("administrator", "editor"), "S": ()}


@operation(
    "authenticate",
    source="RapidPro 9.0",
    read_on=READ_ON,
    evidence="assumed",
    gives=LoginOut,
    answers=(200,),
)
def authenticate() -> Response:
    """Answer with the keys that somebody has in each workspace.

    People have no passwords here, so any of their keys is taken for one.

    :raises Denied: the name or the password is wrong.
    """
    if is_strict():
        raise NoSuchPage
    tolerate("the newest server has no authenticate")
    form = request.form
    roles = ROLES.get(form.get("role", ""), ())
    keys = list(_keys_of(form.get("username", "")))
    if form.get("password") not in {token.id for token, _ in keys}:
        raise Denied("Invalid login")
    answer: LoginOut = {"tokens": [_shown(token) for token, user in keys if user.role in roles]}
    return json_response(answer)


def _keys_of(email: str) -> Iterator[tuple[r.Token, r.User]]:
    """Yield the first key that a person has in each workspace."""
    for workspace in table(WORKSPACES).every("all", "all"):
        user = table(USERS).one("email", (workspace.id, email.lower()))
        if user is not None and user.is_active:
            tokens = table(TOKENS).every("workspace", workspace.id)
            mine = (t for t in tokens if t.user == user.id and not t.is_revoked)
            token = next(mine, None)
            if token is not None:
                yield token, user


def _shown(token: r.Token) -> LoginToken:
    workspace = table(WORKSPACES).get(token.workspace)
    org: LoginOrg = {"uuid": workspace.id, "name": workspace.name, "id": workspace.serial}
    return {"org": org, "token": token.id}


def register_login(blueprint: Blueprint) -> None:
    """Route the address of the login."""
    for path in (f"{BASE}/authenticate", f"{BASE}/authenticate.json"):
        blueprint.add_url_rule(
            path, "authenticate", authenticate, methods=["POST"], provide_automatic_options=False
        )
