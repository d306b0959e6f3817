"""The examples, run by the installed package; files for other tools are checked and followed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from emulator.runtime.process import ServerProcess
from tests.package.conftest import EXAMPLES, Environment, instructions

TOOLS = Path(sys.executable).parent
WORKFLOW: dict[str, Any] = yaml.safe_load((EXAMPLES / "ci" / "github-workflow.yml").read_text())
GITLAB: dict[str, Any] = yaml.safe_load((EXAMPLES / "ci" / "gitlab-ci.yml").read_text())
COMPOSE: dict[str, Any] = yaml.safe_load((EXAMPLES / "container" / "compose.yaml").read_text())
# What pip is told to install, and finds installed.
SOURCE = {"BROADCAST_EMULATOR": "broadcast-emulator"}
# Other plugins that happen to be installed take seconds to load.
ONLY_OURS = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "emulator.pytest_plugin"}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A copy of the shop, as a repository of its own."""
    ignored = shutil.ignore_patterns("__pycache__")
    return Path(shutil.copytree(EXAMPLES / "shop", tmp_path / "shop", ignore=ignored))


@pytest.fixture
def port() -> int:
    """A port that nobody else has."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def steps(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


@pytest.mark.needs("bash", "curl")  # what such machines bring
@pytest.mark.parametrize("name", sorted(WORKFLOW["jobs"]))
def test_workflow_passes(installed: Environment, shop: Path, port: int, name: str) -> None:
    job = WORKFLOW["jobs"][name]
    script = "\n".join(steps(job)).replace("4600", str(port))
    variables = {key: value.replace("4600", str(port)) for key, value in job.get("env", {}).items()}
    if name != "pytest":
        variables |= ONLY_OURS
    process = subprocess.Popen(
        ["bash", "-euxo", "pipefail", "-c", script],
        cwd=shop,
        env={**installed.variables, **variables, **SOURCE},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=60)
    finally:
        # What the script leaves behind ends with its machine elsewhere.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)

    assert process.returncode == 0, said


@pytest.mark.needs("node")
def test_tests_in_javascript_pass(installed: Environment, tmp_path: Path) -> None:
    folder = shutil.copytree(EXAMPLES / "node", tmp_path / "node")
    command: str = json.loads((folder / "package.json").read_text())["scripts"]["test"]

    ran = installed.run(command.split(), folder)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    written = (folder / "reminders.test.js").read_text()
    assert f"pass {written.count('test(') + 2}\n" in ran.stdout


def test_workflow_says_where_the_emulator_comes_from() -> None:
    lines = [line for job in WORKFLOW["jobs"].values() for line in steps(job)]

    assert WORKFLOW["env"].keys() == SOURCE.keys()
    assert all('"$BROADCAST_EMULATOR"' in line for line in lines if "pip install" in line)


@pytest.mark.parametrize("name", ["pytest", "exec"])
def test_jobs_do_what_the_workflow_does(name: str) -> None:
    assert GITLAB[name]["script"] == steps(WORKFLOW["jobs"][name])


def test_job_passes_beside_the_container(installed: Environment, shop: Path) -> None:
    [entry], [arguments] = instructions("ENTRYPOINT"), instructions("CMD")
    [check] = instructions("HEALTHCHECK")
    program, command, *options = json.loads(entry)
    assert (program, command, options[:2]) == ("broadcast-emulator", "serve", ["--host", "0.0.0.0"])
    job = GITLAB["service"]
    assert job["variables"]["EMULATOR_URL"] == f"http://{job['services'][0]['alias']}:4600"

    # The address that it listens on is the container's; here it is this machine's.
    with ServerProcess(["--fixture", "reference", *json.loads(arguments)]) as server:
        address = server.url.removeprefix("http://")
        health = json.loads(check.partition("CMD ")[2].replace("127.0.0.1:4600", address))
        assert installed.run(health, shop).returncode == 0
        script = "\n".join(job["script"])
        variables = {"EMULATOR_URL": server.url, **SOURCE, **ONLY_OURS}
        ran = installed.run(["bash", "-euc", script], shop, **variables)

    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_options_of_the_compose_file_are_good(installed: Environment, tmp_path: Path) -> None:
    with ServerProcess(COMPOSE["services"]["emulator"]["command"]) as server:
        assert server.started.sandbox["name"] == "default"
    published = COMPOSE["services"]["emulator"]["ports"]
    assert all(line.startswith("127.0.0.1:") for line in published)


@pytest.mark.parametrize(
    "command",
    [
        ["hadolint", "container/Dockerfile"],
        [
            "check-jsonschema",
            "--builtin-schema",
            "vendor.github-workflows",
            "ci/github-workflow.yml",
        ],
        ["check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", "ci/gitlab-ci.yml"],
        ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", "container/compose.yaml"],
    ],
    ids=lambda command: command[-1],
)
def test_files_for_other_tools_are_sound(command: list[str]) -> None:
    ran = subprocess.run(
        [TOOLS / command[0], *command[1:]],
        cwd=EXAMPLES,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
