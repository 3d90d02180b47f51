"""The forms in which the platform is deployed: what each of them starts, by the process's name."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from cli.local import processes
from tests.servers import KEYRING

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SYSTEMD = DEPLOY / "systemd"
KUBERNETES = sorted((DEPLOY / "kubernetes").glob("*.yaml"))

Commands = dict[str, list[str]]

_WANTED = re.compile(r"^(?:Wants|Requires)=(tenantry-.*)$", re.MULTILINE)
#: What a unit has a shell run.
EXEC = re.compile(r"^ExecStart=/bin/sh -c '(.*)'$", re.MULTILINE)


def procfile() -> Commands:
    lines = (ROOT / "Procfile").read_text().splitlines()
    return {name: command.split() for name, _, command in (line.partition(":") for line in lines)}


def systemd() -> Commands:
    """What the target wants, and what that requires: a pool's worker goes by the pool's name."""
    named = " ".join(_WANTED.findall((SYSTEMD / "tenantry.target").read_text())).split()
    needed = {
        unit for name in named for line in _WANTED.findall(_unit(name).read_text()) for unit in line.split()
    }
    return dict(map(_started, {*named, *needed}))


def _unit(name: str) -> Path:
    return SYSTEMD / re.sub(r"@.*\.", "@.", name)


def _started(name: str) -> tuple[str, list[str]]:
    process, _, pool = name.removeprefix("tenantry-").removesuffix(".service").partition("@")
    [command] = EXEC.findall(_unit(name).read_text())
    called = pool or process.replace("migrate", "release")
    return called, command.replace("%i", pool).split()


def composed() -> dict[str, Any]:
    """The services of compose.yaml that are our processes."""
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    return {name: service for name, service in services.items() if "build" in service}


@cache
def manifests() -> list[dict[str, Any]]:
    """Every object of every file for Kubernetes."""
    return [each for path in KUBERNETES for each in yaml.safe_load_all(path.read_text())]


def pods() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each process and its pod."""
    for each in manifests():
        if each["kind"] in {"Deployment", "Job"}:
            labels = each["spec"]["template"]["metadata"]["labels"]
            yield labels.get("pool", labels["process"]), each["spec"]["template"]["spec"]


def container(pod: dict[str, Any]) -> dict[str, Any]:
    [found] = pod["containers"]
    return dict(found)


def bin_up() -> Commands:
    """`release` is not among them: `bin/up` does that itself."""
    required = {"DATABASE_URL": "postgresql://one/two", "PEPPERS": KEYRING, "VAULT_KEYS": KEYRING}
    started = processes.platform(8000, {}, required)
    return {name: ["python", *server.command[-4:]] for name, server in started.items()}


def essence(commands: Commands) -> dict[str, str]:
    """Of each command the module and the pool: ports and addresses are a form's own."""
    return {name: _essence(" ".join(words)) for name, words in commands.items()}


def _essence(command: str) -> str:
    return command.partition("-m ")[2].partition(" --")[0]
