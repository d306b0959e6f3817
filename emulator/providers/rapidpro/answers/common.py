"""What answers of all kinds are made of."""

from __future__ import annotations

from typing import Generic, TypedDict, TypeVar

T = TypeVar("T")


class Page(TypedDict, Generic[T]):
    """A page of a list, and where the next and the previous one are."""

    next: str | None
    previous: str | None
    results: list[T]


class CountedPage(TypedDict, Generic[T]):
    """A page of a list that tells how long the whole list is."""

    count: int
    next: str | None
    previous: str | None
    results: list[T]


class Failures(TypedDict, Generic[T]):
    """What an action has left as it was."""

    failures: list[T]


class Ref(TypedDict):
    """An object that another one names."""

    uuid: str
    name: str | None


class Person(TypedDict):
    """A user."""

    email: str
    name: str


class Progress(TypedDict):
    """How many of how many are done; the total is -1 until it is known."""

    total: int
    started: int
