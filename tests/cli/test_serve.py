"""What ``serve`` says to people when it is up."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SERVE = [sys.executable, "-m", "emulator", "serve", "--port", "0"]
END = "Stop with Ctrl-C."
TITLES = {
    "RapidPro": "rapidpro",
    "Teekrr": "teekrr",
    "Cuedesk": "cuedesk",
    "Whautomate": "whautomate",
}


def said(*options: str) -> list[str]:
    """Return the lines that a server prints when it is started."""
    with subprocess.Popen([*SERVE, *options], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            lines = [line.rstrip("\n") for line in iter(server.stdout.readline, f"{END}\n")]
        finally:
            server.terminate()
    assert server.returncode == 0
    return lines


def test_urls_keys_and_the_console_are_printed() -> None:
    first, *lines = said("--fixture", "reference")

    url = first.rpartition(" ")[2]
    assert first.startswith("broadcast-emulator ")
    assert url.startswith("http://127.0.0.1:")
    for title, slug in TITLES.items():
        assert f"{title}: {url}/{slug}" in lines
    assert "  Acme Sdn Bhd: tk_all  (all)" in lines
    assert "  Harbour Studio: wh_test_key_a  (main)" in lines
    assert lines.count("  Try:") == len(TITLES)
    assert lines[-2:] == [
        f"Console: {url}/_emulator/console",
        f"Control API: {url}/_emulator/openapi.json",
    ]


def test_fixture_without_accounts_is_told_to_have_no_key(tmp_path: Path) -> None:
    fixture = tmp_path / "none.json"
    fixture.write_text('{"emulator": 1}')

    lines = said("--fixture", str(fixture))

    assert lines.count("  no key: no account of the fixture has one") == 4
