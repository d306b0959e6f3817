"""Modules that come with the first call of their functions."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from emulator.core.late import late


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the name of a package whose module ``shop`` notes that it was imported."""
    name = f"package_of_{tmp_path.name}"
    folder = tmp_path / name
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "shop.py").write_text("PRICE = 2\ndef cost(of, *, rebate=0): return of * 2 - rebate")
    monkeypatch.syspath_prepend(str(tmp_path))
    return name


def test_a_module_comes_with_the_first_call(package: str) -> None:
    [shop] = late(f"{package}.desk", "shop")
    handed_on = shop.cost
    assert f"{package}.shop" not in sys.modules

    assert handed_on(3, rebate=1) == 5
    assert f"{package}.shop" in sys.modules


@pytest.mark.parametrize("name", ["PRICE", "Shop", "_hidden"])
def test_only_functions_can_come_late(package: str, name: str) -> None:
    [shop] = late(f"{package}.desk", "shop")

    with pytest.raises(AttributeError, match=f"{package}.shop.{name}"):
        getattr(shop, name)


def test_a_function_that_is_not_there_is_missed_when_it_is_called(package: str) -> None:
    [shop] = late(f"{package}.desk", "shop")

    with pytest.raises(AttributeError, match="refund"):
        shop.refund()
