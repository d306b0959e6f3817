"""Makes flows for fixtures, and what belongs to flows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from emulator.core.drawing import Draw
from emulator.core.generating import Batch, Made, Maker

from . import wording
from .kinds import FLOWS
from .made_people import (
    LANGUAGE_SHARE,
    MINUTE,
    MONTHS,
    YEARS,
    group_names,
    known_names,
    known_people,
    somebody_of,
)


def named(words: Sequence[str], key: str = "name") -> Callable[[Batch], Maker]:
    """Return a maker of things that have hardly more than a name of their own."""

    def make(batch: Batch) -> Maker:
        taken = batch.taken(key)

        def thing(n: int) -> Made:
            name = words[n % len(words)]
            if n >= len(words) or name.lower() in taken:
                name = f"{name}{'-' if key == 'slug' else ' '}{n + 1}"
            return {key: name}

        return thing

    return make


def of_flow(make: Callable[[Batch, Draw, int], Made]) -> Callable[[Batch], Maker]:
    """Return a maker of things that belong to a flow; they lack it where there is none."""

    def maker(batch: Batch) -> Maker:
        flows = known_names(batch, FLOWS)

        def thing(n: int) -> Made:
            draw = batch.draw(n)
            flow = {"flow": flows[draw.settled(len(flows), "flow")]} if flows else {}
            return {**flow, **make(batch, draw, n)}

        return thing

    return maker


def make_start(batch: Batch, draw: Draw, n: int) -> Made:
    return {
        "groups": [draw.pick(group_names(batch), "group")],
        "status": "completed",
        "type": "manual",
        "progress": {"total": 10, "started": 10},
        "created_on": batch.moment(n, MONTHS),
    }


def make_trigger(batch: Batch, draw: Draw, n: int) -> Made:
    word = draw.pick(("join", "start", "info", "help"), "word")
    return {"trigger_type": "K", "match_type": "F", "keywords": [f"{word}{n + 1}"]}


def make_flows(batch: Batch) -> Maker:
    name = named(wording.FLOWS)(batch)

    def flow(n: int) -> Made:
        text = batch.draw(n).pick(wording.SENT["eng"], "text")
        return {
            **name(n),
            "type": "message",
            "expires": 4320,
            "created_on": batch.moment(n, YEARS, MONTHS),
            "results": [{"name": "Answer", "categories": list(wording.ANSWERS)}],
            "simulate": {"messages": [text.replace("{first}", "@contact.first_name")]},
        }

    return flow


def make_runs(batch: Batch) -> Maker:
    everybody = known_people(batch)

    def run(batch: Batch, draw: Draw, n: int) -> Made:
        somebody = somebody_of(draw, everybody)
        begin = batch.born("created_on", n, MONTHS)
        if "created_on" not in batch.given:
            begin = max(begin, somebody.since + MINUTE if somebody else batch.now)
        end = min(begin + timedelta(seconds=30 + draw.below(3600, "length")), batch.now)
        has_answered = draw.fraction("answered") < LANGUAGE_SHARE
        answer = draw.pick(wording.ANSWERS, "answer")
        node = draw.uuid("node")
        value = {
            "name": "Answer",
            "value": answer.lower(),
            "category": answer,
            "node": node,
            "time": end,
            "input": answer.lower(),
        }
        return {
            **({"contact": somebody.ref} if somebody else {}),
            "created_on": begin,
            "modified_on": end,
            "exited_on": end,
            "exit_type": "completed" if has_answered else "expired",
            "responded": has_answered,
            "path": [{"node": node, "time": begin}],
            "values": {"answer": value} if has_answered else {},
        }

    return of_flow(run)(batch)
