"""What a vendor needs outside its package: each test says where, and what for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from emulator import providers, pytest_plugin
from emulator.registry import PROVIDERS
from emulator.testing.signatures import SIGNING, is_signed, vendor_of
from emulator.web.provider import Provider
from emulator.web.provider_app import ProviderApp
from tests.contract.conftest import SPEAKERS
from tests.contract.speaker import Speaker
from tests.world import FIXTURES, World

ROOT = Path(__file__).parents[2]
DEFAULT = "/_emulator/sandboxes/default"
SECRET = "s3cret"
PAGES = {
    "README.md": "the table of base URLs",
    "docs/connecting.md": "the table of what is imitated",
}
# Other things than operations: pages, and files that are fetched by their links.
UNNAMED = {"rapidpro": ("/api", "/api/v2", "/api/v2/explorer"), "teekrr": ("/_media/<id>",)}

each_provider = pytest.mark.parametrize("provider", PROVIDERS, ids=lambda one: one.slug)


def test_vendors_share_neither_name_nor_host_nor_kind():
    names = [provider.slug for provider in PROVIDERS]
    hosts = [host for provider in PROVIDERS for host in provider.hosts]

    assert len(set(names)) == len(names)
    assert len(set(hosts)) == len(hosts)


@each_provider
def test_package_is_called_as_its_vendor(provider: Provider) -> None:
    """Commands take the names of vendors from their packages."""
    [folder] = providers.__path__

    assert (Path(folder) / provider.slug / "__init__.py").exists()


@each_provider
def test_vendor_is_spoken_to(provider: Provider) -> None:
    is_spoken_to = provider.slug in [speaker.slug for speaker in SPEAKERS]

    assert is_spoken_to, (
        f"write tests/providers/{provider.slug}/speaker.py with a SPEAKER "
        "(tests/contract/speaker.py): until then most contract tests leave the vendor out"
    )


@each_provider
def test_vendor_has_what_contract_tests_ask_of_it(provider: Provider) -> None:
    """What core can do without, and testers cannot."""
    wanted = (
        "account_part",
        "describe",
        "generate",
        "sample",
        "trigger",
        "write",
        "message_statuses",
        "broadcast_statuses",
    )
    missing = [name for name in wanted if not getattr(provider.vendor, name)]

    assert not missing, f"give the Vendor of {provider.slug}: {', '.join(missing)}"


@each_provider
def test_views_are_marked_as_operations(provider: Provider) -> None:
    app = ProviderApp(provider)
    views = {rule.rule: app.view_functions[rule.endpoint] for rule in app.url_map.iter_rules()}
    known = {served.path for served in app.served()}
    others = {path.rstrip("/") for path in views.keys() - known}

    assert others <= set(UNNAMED.get(provider.slug, ())), "mark these views with @operation"


@each_provider
@pytest.mark.parametrize("name", ["reference", "demo"])
def test_shipped_fixtures_have_an_account_with_a_key(provider: Provider, name: str) -> None:
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    assert provider.slug in document, f"fixtures/{name}.json has no part {provider.slug!r}"
    sandbox = World(PROVIDERS, [document]).sandbox

    accounts = sorted(sandbox.store.table(provider.vendor.accounts), key=lambda one: one.serial)

    assert accounts
    assert provider.vendor.keys(sandbox, accounts[0])


@each_provider
@pytest.mark.parametrize("page", PAGES)
def test_pages_name_the_vendor(provider: Provider, page: str) -> None:
    readme = f"emulator/providers/{provider.slug}/README.md"

    assert (ROOT / readme).exists(), f"write {readme}: covered, sources, what is assumed"
    assert readme in (ROOT / page).read_text(encoding="utf-8"), f"{page}: {PAGES[page]}"


@each_provider
def test_plugin_has_a_fixture_for_the_vendor(provider: Provider) -> None:
    name = provider.slug.replace("-", "_")

    assert hasattr(pytest_plugin, name), f"emulator/pytest_plugin/__init__.py lacks {name}"


def test_callbacks_are_known_again_by_the_sink(world: World, speaker: Speaker) -> None:
    endpoint = {"provider": speaker.slug, "url": "http://127.0.0.1:9/", "secret": SECRET}
    assert world.call("POST", f"{DEFAULT}/endpoints", endpoint).status_code == 201
    speaker.send(world, next(iter(speaker.channels)), "60123456789")
    world.call("POST", f"{DEFAULT}/clock/advance", {"by": "1d"})

    # Where users name the events themselves, sending sets none off.
    assert world.sender.sent or speaker.provider.vendor.events is None
    for parcel in world.sender.sent:
        headers = {name.lower(): value for name, value in parcel.headers}
        where = "emulator/testing/signatures.py"
        known = vendor_of(headers, json.loads(parcel.body))
        assert known == speaker.slug, f"{where}: vendor_of does not know callbacks of this vendor"
        if any("signature" in name for name in headers):
            assert known in SIGNING, f"{where}: SIGNING lacks a vendor that signs"
            assert is_signed(known, headers, parcel.body, [SECRET]), f"{where}: is_signed"
