"""Topics of tickets."""

from __future__ import annotations

from flask import Response

from emulator.providers.rapidpro.answers import TopicOut
from emulator.providers.rapidpro.context import has_all, now, table, workspace
from emulator.providers.rapidpro.endpoint import Endpoint, uuid_lookup
from emulator.providers.rapidpro.kinds import TICKETS, TOPICS
from emulator.providers.rapidpro.lookups import own
from emulator.providers.rapidpro.names import UniqueNameOf
from emulator.providers.rapidpro.naming import new_uuid, next_serial
from emulator.providers.rapidpro.paging import page
from emulator.providers.rapidpro.records import Topic
from emulator.providers.rapidpro.validation import Body, Schema
from emulator.providers.rapidpro.values import format_moment
from emulator.web.context import sandbox

LIMIT = 50


def show(topic: Topic) -> TopicOut:
    tickets = table(TICKETS)
    counts = {
        status: tickets.count("modified", ("topic", topic.id, status))
        for status in ("open", "closed")
    }
    return {
        "uuid": topic.id,
        "name": topic.name,
        "counts": counts,
        "system": topic.is_system,
        "created_on": format_moment(topic.created_on),
    }


class TopicIn(Schema):
    """The body of a POST."""

    name = UniqueNameOf(TOPICS, required=True)


topics = Endpoint(
    "topics",
    model="Topic",
    show=show,
    lookups={"uuid": uuid_lookup(lambda id: own(TOPICS, id))},
    is_full=has_all(TOPICS, LIMIT),
)


@topics.lists
def list_() -> Response:
    """Return all topics; there are no filters."""
    return page(TOPICS, "created", (workspace().id,), show)


@topics.creates(TopicIn)
def create(body: Body) -> Topic:
    """Make a topic."""
    name = TopicIn().read(body)["name"]
    topic = Topic(
        id=new_uuid(sandbox(), TOPICS),
        serial=next_serial(sandbox(), TOPICS),
        workspace=workspace().id,
        name=name,
        created_on=now(),
    )
    table(TOPICS).add(topic)
    return topic


@topics.updates(TopicIn)
def update(topic: Topic, body: Body) -> Topic:
    """Rename a topic."""
    name = TopicIn().read(body)["name"]
    return table(TOPICS).change(topic, name=name)


ENDPOINTS = (topics,)
