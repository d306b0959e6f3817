"""Vendors' applications are made when somebody asks for them, and once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from emulator.app import create_app
from emulator.settings import ServerSettings
from emulator.web.provider_app import ProviderApp
from emulator.web.provider_apps import ProviderApps
from tests.control.acme import make_provider

TOGETHER = 4


def test_nothing_is_made_before_somebody_asks() -> None:
    apps = ProviderApps([make_provider("acme"), make_provider("other")])

    assert (list(apps), len(apps), "other" in apps, "else" in apps) == (
        ["acme", "other"],
        2,
        True,
        False,
    )
    assert apps.made() == []
    asked = apps["other"]
    assert asked.provider.slug == "other"
    assert apps.made() == [asked]


def test_unknown_vendor_has_no_application() -> None:
    apps = ProviderApps([make_provider("acme")])

    with pytest.raises(KeyError):
        apps["else"]


def test_all_who_ask_at_once_get_the_same_application() -> None:
    together = threading.Barrier(TOGETHER)

    def slowly(provider):
        made.append(provider)
        return ProviderApp(provider)

    def ask(_):
        together.wait(10)
        return apps["acme"]

    made: list[object] = []
    apps = ProviderApps([make_provider("acme")], slowly)
    with ThreadPoolExecutor(TOGETHER) as pool:
        found = list(pool.map(ask, range(TOGETHER)))

    assert len(made) == 1
    assert all(app is found[0] for app in found)


def test_server_that_nobody_asked_anything_sums_up_nothing_and_makes_nothing() -> None:
    app = create_app(ServerSettings(fixtures=("empty",)))

    assert app.summary() == []
    assert app.apps.made() == []
    app.close()
