"""The tables of workspaces, of who works in them, and of what they define."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from emulator.core.store import Kind, Lookup, Order
from emulator.providers.rapidpro import records as r

from .orders import KEY, NAME, by_created, by_modified, live, plain

WORKSPACES: Kind[r.Workspace] = Kind(
    "rapidpro.workspaces",
    r.Workspace,
    orders={"all": Order(frozenset(), lambda _: ("all",), lambda w: w.serial)},
)


TEAMS: Kind[r.Team] = plain("teams", r.Team, **NAME)


def _members(user: r.User) -> Iterable[Hashable]:
    return () if user.is_deleted or not user.is_active else ((user.workspace,),)


USERS: Kind[r.User] = Kind(
    "rapidpro.users",
    r.User,
    lookups={
        "email": Lookup(
            frozenset({"workspace", "email", "is_deleted"}),
            lambda u: () if u.is_deleted else ((u.workspace, u.email.lower()),),
        )
    },
    orders={
        "joined": Order(
            frozenset({"workspace", "joined_on", "is_active", "is_deleted"}),
            _members,
            lambda u: u.joined_on,
        )
    },
)


TOKENS: Kind[r.Token] = Kind(
    "rapidpro.tokens",
    r.Token,
    orders={
        "workspace": Order(frozenset({"workspace"}), lambda t: (t.workspace,), lambda t: t.serial),
        "user": Order(frozenset({"user"}), lambda t: (t.user,), lambda t: t.serial),
    },
)


BOUNDARIES: Kind[r.Boundary] = Kind(
    "rapidpro.boundaries",
    r.Boundary,
    orders={
        "osm_id": Order(
            frozenset({"workspace", "osm_id", "is_deleted"}), live, lambda b: b.osm_id.encode()
        ),
        "called": Order(
            frozenset({"workspace", "osm_id", "is_deleted"}),
            lambda b: () if b.is_deleted else ((b.workspace, b.osm_id.lower()),),
            lambda b: b.osm_id.encode(),
        ),
    },
)


GLOBALS: Kind[r.Global] = Kind(
    "rapidpro.globals",
    r.Global,
    lookups={**NAME, **KEY},
    orders={**by_created(), **by_modified()},
)


def _archives(archive: r.Archive) -> Iterable[Hashable]:
    return () if archive.is_deleted or archive.is_rolled_up else ((archive.workspace,),)


ARCHIVES: Kind[r.Archive] = Kind(
    "rapidpro.archives",
    r.Archive,
    orders={
        "start_date": Order(
            frozenset({"workspace", "start_date", "is_deleted", "is_rolled_up"}),
            _archives,
            lambda a: a.start_date,
        ),
        "period": Order(
            frozenset({"workspace", "type", "period", "start_date"}),
            lambda a: ((a.workspace, f"{a.type} {a.period} {a.start_date.isoformat()}"),),
            lambda a: a.serial,
        ),
    },
)
