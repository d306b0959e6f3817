"""On how much of what is assumed the answers of a run have rested."""

from __future__ import annotations

from emulator.providers.teekrr import PROVIDER
from emulator.web.coverage import summary
from emulator.web.provider_app import ProviderApp
from emulator.web.rested import Rested
from tests.contract.conftest import REFERENCE
from tests.control.acme import make_provider
from tests.control.desk import Desk
from tests.world import World


def apps(world: World) -> list[ProviderApp]:
    return list(world.front._apps.values())


def test_answers_are_counted_by_operation_and_evidence() -> None:
    rested = Rested()
    for evidence in ("assumed", "documented", "assumed"):
        rested.count("sms.send", evidence)

    assert rested.answers() == {"sms.send": 3}
    assert rested.answers("assumed") == {"sms.send": 2}
    assert rested.answers("observed") == {}


def test_summary_names_the_operations() -> None:
    document = {name: REFERENCE[name] for name in ("emulator", "clock", "teekrr")}
    world = World([PROVIDER], [document])
    # Worlds share the application of a provider.
    for app in apps(world):
        app.rested = Rested()
    headers = {"Authorization": "Bearer tk_all"}
    body = {
        "campaignName": "x",
        "type": "quick broadcast",
        "templateContent": "Hi",
        "recipients": ["60123456789"],
    }
    world.call("POST", "/teekrr/sms", body, headers=headers)
    world.call("POST", "/teekrr/sms", body)

    assert summary(apps(world)) == [
        "Evidence: 1 of 2 answers rested on what is assumed of 1 operation:",
        "  teekrr sms.send: 1",
    ]


def test_nothing_assumed_is_said_too() -> None:
    desk = Desk()
    desk.send("+1")

    assert summary(apps(desk.world)) == ["Evidence: none of 1 answers rested on anything assumed."]


def test_without_answers_there_is_nothing_to_say() -> None:
    assert summary([ProviderApp(make_provider("acme"))]) == []


def test_unmatched_and_faulted_answers_are_not_counted() -> None:
    desk = Desk()
    desk.client("/acme/nowhere", {})
    desk.do("POST", "/faults", {"fault": {"error": "server_error"}}, 201)
    desk.client("/acme/messages", {"to": "+1", "text": "x"})

    assert summary(apps(desk.world)) == []
