"""The members of a workspace."""

from __future__ import annotations

from flask import Response, request

from emulator.providers.rapidpro import filters
from emulator.providers.rapidpro.answers import UserOut
from emulator.providers.rapidpro.context import table, workspace
from emulator.providers.rapidpro.endpoint import Endpoint
from emulator.providers.rapidpro.kinds import TEAMS, USERS
from emulator.providers.rapidpro.lookups import ref
from emulator.providers.rapidpro.paging import page
from emulator.providers.rapidpro.records import User
from emulator.providers.rapidpro.values import format_moment


def show(user: User) -> UserOut:
    team = table(TEAMS).find(user.team) if user.team and user.role == "agent" else None
    return {
        "uuid": user.id,
        "name": f"{user.first_name} {user.last_name}".strip(),
        "email": user.email,
        "role": user.role,
        "team": ref(team) if team is not None else None,
        # Under this name the server shows when the member joined.
        "created_on": format_moment(user.joined_on),
        "avatar": user.avatar,
        "first_name": user.first_name,
        "last_name": user.last_name,
    }


users = Endpoint("users", asks=("uuid", "email", "role"), model="User", show=show)


@users.lists
def list_() -> Response:
    """Return the active members; every filter may be repeated."""
    ids = filters.uuids("uuid")
    emails = {email.lower() for email in request.args.getlist("email")}
    roles = set(request.args.getlist("role"))

    def is_wanted(user: User) -> bool:
        return (
            (not ids or user.id in ids)
            and (not emails or user.email.lower() in emails)
            and (not roles or user.role in roles)
        )

    return page(USERS, "joined", (workspace().id,), show, where=is_wanted)


ENDPOINTS = (users,)
