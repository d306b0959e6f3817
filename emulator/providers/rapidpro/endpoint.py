"""How an endpoint of the API is declared, and what all of them do with a request.

A module of ``routes`` makes an :class:`Endpoint` and hands it its functions::

    topics = Endpoint("topics", model="Topic", show=show, lookups={"uuid": by_uuid(TOPICS)})

    @topics.lists
    def list_() -> Response: ...

    @topics.creates(TopicIn)
    def create(body: Body) -> Topic: ...

What is served follows from the functions that it has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, NamedTuple, TypedDict, TypeVar, Unpack

from flask import Blueprint, Response, request

from emulator.web import context
from emulator.web.bodies import json_response
from emulator.web.context import become
from emulator.web.operations import Evidence, Operation

from . import filters
from .answers import Page
from .bodies import ANY_KIND, parse_body
from .context import our_own, workspace
from .describing import describe
from .errors import Denied, LimitReached, Missing, Refusal, rendered
from .lookups import as_integer
from .validation import Body, Invalid, Schema

BASE: Final = "/api/v2"

#: What a list, an object or a whole answer is.
Answer = Any
View = TypeVar("View", bound=Callable[..., Answer])
#: Finds the target that a parameter of the URL names; None if there is none.
Lookup = Callable[[str], Any | None]


class Rules(TypedDict, total=False):
    """What an endpoint can be told about itself."""

    #: Which requests it shares a rate limit with.
    scope: str
    #: The model's name in refusals.
    model: str
    #: How its objects look in answers.
    show: Callable[[Any], Mapping[str, Any]]
    #: What its lists are.
    page: Any
    #: What a query of what can be read may ask.
    asks: Sequence[str]
    #: What a query may say about how objects look, whatever is done.
    looks: Sequence[str]
    #: What finds the target of an update or deletion, by parameter.
    lookups: Mapping[str, Lookup]
    #: Parameters of which a target may be missing: then it is made.
    made_by: frozenset[str]
    #: Says whether the workspace has as many objects as it may have.
    is_full: Callable[[], bool]
    #: Groups of filters of which only one may be given.
    exclusive: Sequence[tuple[str, ...]]
    #: Is asking without credentials refused before a wrong method is?
    has_fixed_permission: bool
    #: May it be read without credentials, in the form that the client chooses?
    is_open: bool
    #: Does it answer HEAD and OPTIONS?
    answers_head: bool
    answers_options: bool
    #: What the documentation page shows as JSON.
    sample: Callable[[], Any]
    #: The types of body that are read.
    kinds: Sequence[str]
    #: Has the newest server no such endpoint?
    is_old: bool
    evidence: Evidence


class Served(NamedTuple):
    """What an endpoint does at an HTTP method, and the word for it."""

    verb: str
    view: Callable[[], Response]


class Endpoint:
    """One address of the API and what can be done there."""

    def __init__(self, name: str, **rules: Unpack[Rules]) -> None:
        self.name = name
        self.scope = rules.get("scope", "v2")
        self.model = rules.get("model", "")
        self.show = rules.get("show", dict)
        self.page = rules.get("page", Page)
        self.asks = tuple(rules.get("asks", ()))
        self.looks = tuple(rules.get("looks", ()))
        self.lookups = rules.get("lookups", {})
        self.made_by = rules.get("made_by", frozenset())
        self.is_full = rules.get("is_full", lambda: False)
        self.exclusive = rules.get("exclusive", ())
        self.has_fixed_permission = rules.get("has_fixed_permission", False)
        self.is_open = rules.get("is_open", False)
        self.answers_head = rules.get("answers_head", False)
        self.answers_options = rules.get("answers_options", False)
        self.sample: Callable[[], Any] = rules.get("sample", list)
        self.kinds = rules.get("kinds", ANY_KIND)
        self.is_old = rules.get("is_old", False)
        self.evidence: Evidence = rules.get("evidence", "documented")
        self.served: dict[str, Served] = {}
        self.bodies: dict[str, type[Schema]] = {}
        self._update: Callable[..., Answer] | None = None
        self._views: dict[str, Callable[..., Answer]] = {}

    @property
    def title(self) -> str:
        """What its documentation page is called."""
        return self.name.replace("_", " ").title() or "RapidPro API v2"

    @property
    def usage(self) -> list[str]:
        """The requests that it answers, for people."""
        place = f"{BASE}/{self.name}.json"
        found = [f"{method} {place}" for method in self.methods if method != "DELETE"]
        changing = [method for method in self.methods if method == "DELETE" or self._update]
        return found + [
            f"{method} {place}?{name}=…"
            for method in changing
            if method != "GET"
            for name in self.lookups
        ]

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that it has functions for, in the order of the ``Allow`` header."""
        return tuple(method for method in ("GET", "POST", "DELETE") if method in self.served)

    @cached_property
    def _update_operation(self) -> Operation:
        return self._operation("update")

    @cached_property
    def allow(self) -> str:
        """The value of the ``Allow`` header."""
        heads = ("HEAD",) if "GET" in self.served else ()
        return ", ".join((*self.methods, *heads, "OPTIONS"))

    def lists(self, view: View) -> View:
        """Take a function that answers with a page: ``list_() -> Response``."""

        def answer() -> Response:
            self.check_filters()
            return self._rendered(view(), 200)

        self._serve("GET", "list", answer, view)
        return view

    def answers(self, view: View) -> View:
        """Take a function that answers GET with one object: ``read() -> Mapping``."""
        self._serve("GET", "read", lambda: rendered(view()), view)
        return view

    def creates(self, body: type[Schema]) -> Callable[[View], View]:
        """Take a function that makes an object: ``create(body) -> Record``.

        :param body: what it reads.
        """

        def take(view: View) -> View:
            self.bodies["create"] = body
            self._serve("POST", "create", lambda: self._write(view), view)
            return view

        return take

    def updates(self, body: type[Schema]) -> Callable[[View], View]:
        """Take a function that changes an object: ``update(target, body) -> Record``.

        :param body: what it reads.
        """

        def take(view: View) -> View:
            self.bodies["update"] = body
            self._views["update"] = view
            self._update = view
            return view

        return take

    def deletes(self, view: View) -> View:
        """Take a function that deletes an object: ``delete(target)``."""
        self._serve("DELETE", "delete", lambda: self._delete(view), view)
        return view

    def acts(self, body: type[Schema]) -> Callable[[View], View]:
        """Take a function that does something to many: ``act(body) -> failures or None``.

        An action that failed for some answers with a list of them, else it answers nothing.

        :param body: what it reads.
        """

        def take(view: View) -> View:
            self.bodies["act"] = body
            self._serve("POST", "act", lambda: self._act(view), view)
            return view

        return take

    def check_filters(self) -> None:
        """Check the filters that exclude each other.

        :raises Refusal: several of them are given.
        """
        for names in self.exclusive:
            filters.only_one_of(*names)

    def register(self, blueprint: Blueprint) -> None:
        """Route the endpoint's addresses."""
        for method, (verb, view) in self.served.items():
            view.operation = self.operation(verb)  # type: ignore[attr-defined]
            blueprint.add_url_rule(
                f"{BASE}/{self.name}.json",
                f"{self.name}_{verb}",
                view,
                methods=[method],
                provide_automatic_options=False,
            )

    def operation(self, verb: str) -> Operation:
        """Return the operation behind a verb; making and changing share a method."""
        is_shared = verb == "create" and self._update is not None
        return self._operation(verb, (self._update_operation,) if is_shared else ())

    def _operation(self, verb: str, also: tuple[Operation, ...] = ()) -> Operation:
        return describe(self, verb, self._views[verb], also)

    def _serve(
        self, method: str, verb: str, answer: Callable[[], Response], view: Callable[..., Answer]
    ) -> None:
        answer.__doc__ = view.__doc__
        self._views[verb] = view
        self.served[method] = Served(verb, answer)

    def _rendered(self, value: Answer, status: int) -> Response:
        if isinstance(value, Response):
            return value
        return json_response(value if isinstance(value, dict) else self.show(value), status)

    def _write(self, create: Callable[[Body], Answer]) -> Response:
        named = self._named()
        target = None
        if named is None:
            if self.is_full():
                raise LimitReached
        else:
            if self._update is not None:
                become(self._update_operation)
            target = self._target(*named, "modify")
        body = read_body(self.kinds)
        if target is None:
            return self._rendered(create(body), 201)
        if self._update is None:
            return self._rendered(create(body), 200)
        return self._rendered(self._update(target, body), 200)

    def _delete(self, delete: Callable[[Any], None]) -> Response:
        named = self._named()
        if named is None:
            names = ", ".join(sorted(self.lookups))
            raise Refusal(f"URL must contain one of the following parameters: {names}")
        delete(self._target(*named, "delete"))
        return nothing(None)

    def _act(self, act: Callable[[Body], Sequence[Any] | None]) -> Response:
        failures = act(read_body(self.kinds))
        if failures:
            return json_response({"failures": list(failures)})
        return nothing("application/json")

    def _named(self) -> tuple[str, str] | None:
        """Return the parameter that names the target of a request, and its value."""
        given = [name for name in self.lookups if name in request.args]
        if len(given) > 1:
            names = ", ".join(sorted(self.lookups))
            raise Refusal(f"URL can only contain one of the following parameters: {names}")
        return (given[0], filters.last(given[0]) or "") if given else None

    def _target(self, name: str, value: str, deed: str) -> Any | None:
        target = self.lookups[name](value)
        if target is None and (deed == "delete" or name not in self.made_by):
            raise Missing(self.model)
        if getattr(target, "is_system", False):
            raise Denied(f"Cannot {deed} system object.")
        context.notes()["target"] = target
        return target


def uuid_lookup(find: Callable[[str], Any | None]) -> Lookup:
    """Return a lookup by a parameter ``uuid`` that refuses what is no UUID."""

    def look(_: str) -> Any | None:
        id = filters.uuid("uuid")
        return None if id is None else find(id)

    return look


def number_lookup(name: str, find: Callable[[int], Any | None]) -> Lookup:
    """Return a lookup by a whole number that refuses what is none."""

    def look(value: str) -> Any | None:
        number = as_integer(value)
        if number is None:
            with our_own():
                raise Refusal(f"Value for {name} must be an integer")
        return find(number)

    return look


def read_body(kinds: Sequence[str] = ANY_KIND) -> Body:
    """Return the body of the request.

    :raises EmulatorError: it cannot be read, or the workspace may not send any.
    """
    body = parse_body(
        request.headers.get("Content-Type", ""),
        context.exchange().body,
        form=lambda: request.form.items(multi=True),
        files=lambda: request.files.items(multi=True),
        kinds=kinds,
    )
    refuse_while_suspended()
    return body


def refuse_while_suspended() -> None:
    """Refuse what a flagged or suspended workspace may not do.

    :raises Invalid: it is one.
    """
    for state in ("flagged", "suspended"):
        if getattr(workspace(), state):
            raise Invalid.as_a_whole(
                f"Sorry, your workspace is currently {state}. To re-enable starting flows and "
                "sending messages, please contact support."
            )


def nothing(content_type: str | None) -> Response:
    """Return an answer without a body."""
    response = Response(b"", 204)
    if content_type is None:
        del response.headers["Content-Type"]
    else:
        response.headers["Content-Type"] = content_type
    return response
