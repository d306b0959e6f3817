"""Every command and program of the README and of the guides is run against a real server."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from emulator.cli import main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ENDLESS = "curl -sN"
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
WRITTEN = sorted(
    str(path.relative_to(ROOT))
    for folder in (".", "docs", "examples", "benchmarks", "emulator/providers/*")
    for path in ROOT.glob(f"{folder}/*.md")
)
# What a server leaves behind is looked at after its end, further down.
OTHERWISE = "docs/state.md"
PAGES = [
    page
    for page in WRITTEN
    if page == "README.md" or (page.startswith("docs/") and page != OTHERWISE)
    if BLOCK.search((ROOT / page).read_text())
]
MADE = re.findall(r"\bmake ([a-z]+)", README)

PLUGIN = "emulator.pytest_plugin"

pytestmark = pytest.mark.xdist_group("readme")


def first_line(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    said = process.stdout.readline()
    assert said, "the server ended without a word"
    started: dict[str, Any] = json.loads(said)
    return started


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of the demo, as `make run` starts it, on a free port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "emulator", "serve", "--port", "0", "--json"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield first_line(process)["url"].removeprefix("http://")
    finally:
        process.terminate()
        process.communicate(timeout=10)
        assert process.returncode == 0


@pytest.fixture(scope="module")
def strict_curl(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which curl fails when the answer is an error."""
    home = tmp_path_factory.mktemp("curl")
    (home / ".curlrc").write_text("fail-with-body\nshow-error\n")
    return {**os.environ, "CURL_HOME": str(home)}


def run_with_pytest(text: str, folder: Path) -> None:
    """Run tests that ask for pytest fixtures, in a session of their own."""
    test = folder / "test_readme_example.py"
    test.write_text(text)
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", folder, test],
        cwd=folder,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": PLUGIN},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=pytest.mark.needs("bash", "curl"), id=page)
        if "curl" in (ROOT / page).read_text()
        else page
        for page in PAGES
    ],
)
def test_page_runs_in_its_order(
    page: str, server: str, strict_curl: dict[str, str], tmp_path: Path
) -> None:
    strict_curl["EMULATOR_URL"] = f"http://{server}"
    strict_curl["PATH"] = f"{Path(sys.executable).parent}:{strict_curl['PATH']}"
    blocks = BLOCK.findall((ROOT / page).read_text())
    assert blocks
    for language, text in blocks:
        ready = text.replace("127.0.0.1:4600", server).replace("/tmp/", f"{tmp_path}/")
        if language == "python" and re.search(r"^def test_\w+\(\w", text, re.MULTILINE):
            run_with_pytest(ready, tmp_path)
        elif language == "python":
            scope: dict[str, Any] = {"__name__": "readme"}
            exec(compile(ready, page, "exec"), scope)
            for name, value in list(scope.items()):
                if name.startswith("test_"):
                    value()
        elif not text.startswith("make ") and ENDLESS not in text:
            ran = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", ready],
                env=strict_curl,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert ran.returncode == 0, f"{text}\n{ran.stdout}\n{ran.stderr}"


def test_page_about_state_reads_what_a_server_has_left(tmp_path: Path) -> None:
    blocks = BLOCK.findall((ROOT / "docs" / "state.md").read_text())
    serve = next(text for language, text in blocks if language == "sh")
    process = subprocess.Popen(
        [sys.executable, "-m", "emulator", *serve.split()[1:], "--port", "0", "--json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    first_line(process)
    process.terminate()
    process.communicate(timeout=10)

    read = "from tinydb import TinyDB\ndatabase = TinyDB('state/default.json')\n"
    tables, history = [text for language, text in blocks if language == "python"]
    for program, words in ((tables, "opens in Ipoh"), (history, "enqueued")):
        ran = subprocess.run(
            [sys.executable, "-c", f"{read}{program}\nprint(locals().get('history'))"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ran.returncode, ran.stderr) == (0, "")
        assert words in ran.stdout


def test_fixtures_of_the_guide_can_be_loaded(tmp_path: Path) -> None:
    written = (ROOT / "docs" / "fixtures.md").read_text()
    documents = re.findall(r"^```yaml\n(.*?)^```$", written, re.MULTILINE | re.DOTALL)
    assert documents
    for text in documents:
        file = tmp_path / "my.yaml"
        file.write_text(text)

        checked = CliRunner().invoke(main, ["fixture", "check", str(file)])

        assert checked.exit_code == 0, checked.output


@pytest.mark.needs("bash", "curl")
def test_make_run_serves_and_prints_a_curl_that_works(strict_curl: dict[str, str]) -> None:
    process = subprocess.Popen(
        ["make", "--no-print-directory", "run", "ARGS=--port 0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        printed = ""
        while "Stop with Ctrl-C" not in printed:
            line = process.stdout.readline()
            assert line, printed
            printed += line
        curls = re.findall(r"^\s+(curl .*)$", printed, re.MULTILINE)
        assert len(curls) >= 2
        for curl in curls:
            subprocess.run(["bash", "-c", curl], env=strict_curl, check=True, timeout=30)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate(timeout=10)


@pytest.mark.parametrize("target", sorted(set(MADE)))
def test_targets_of_the_readme_exist(target: str) -> None:
    ran = subprocess.run(
        ["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr


def anchors(page: Path) -> list[str]:
    """Return what links to the headings of a page say behind the hash."""
    headings = HEADING.findall(FENCED.sub("", page.read_text()))
    return [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings]


@pytest.mark.parametrize("page", WRITTEN)
def test_links_lead_somewhere(page: str) -> None:
    here = ROOT / page
    for link in LINK.findall(FENCED.sub("", here.read_text())):
        if link.startswith("https://"):
            continue
        name, _, anchor = link.partition("#")
        target = (here.parent / name) if name else here
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_readme_leads_to_every_guide() -> None:
    links = LINK.findall(README)

    assert [str(page) for page in WRITTEN if page.startswith("docs/") and page not in links] == []
