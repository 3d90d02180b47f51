"""Deployment forms (systemd, Compose, Kubernetes, `bin/up`): the commands of each by process name."""

import re
import subprocess
from collections.abc import Iterator, Mapping
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


def output_of(*words: str | Path, **options: object) -> str:
    """Return a command's output; assert that it succeeds."""
    completed = subprocess.run(words, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    assert completed.returncode == 0, completed.stdout + completed.stderr
    return f"{completed.stdout}{completed.stderr}"


def replace_defaults(config: str, replacements: Mapping[str, str]) -> str:
    """Return a configuration with other values; assert that it has each default."""
    for default, replacement in replacements.items():
        assert default in config
        config = config.replace(default, replacement)
    return config


_REQUIRED_UNITS = re.compile(r"^(?:Wants|Requires)=(tenantry-.*)$", re.MULTILINE)
#: The command of a unit, for most units a shell's.
EXEC = re.compile(r"^ExecStart=(?:/bin/sh -c ')?(.*?)'?$", re.MULTILINE)


def procfile() -> Commands:
    lines = (ROOT / "Procfile").read_text().splitlines()
    return {name: command.split() for name, _, command in (line.partition(":") for line in lines)}


def systemd() -> Commands:
    """Return the units of the target and their requirements; a worker is named by its pool."""
    direct = " ".join(_REQUIRED_UNITS.findall((SYSTEMD / "tenantry.target").read_text())).split()
    indirect = {
        required
        for unit in direct
        for line in _REQUIRED_UNITS.findall(_unit(unit).read_text())
        for required in line.split()
    }
    return dict(_unit_command(unit) for unit in {*direct, *indirect} if unit.endswith(".service"))


def _unit(name: str) -> Path:
    return SYSTEMD / re.sub(r"@.*\.", "@.", name)


def _unit_command(name: str) -> tuple[str, list[str]]:
    process, _, pool = name.removeprefix("tenantry-").removesuffix(".service").partition("@")
    [command] = EXEC.findall(_unit(name).read_text())
    label = pool or process.replace("migrate", "release")
    return label, command.replace("%i", pool).split()


def compose_services() -> dict[str, Any]:
    """Return the services of compose.yaml that run Tenantry's processes."""
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    return {name: service for name, service in services.items() if "build" in service}


@cache
def manifests() -> list[dict[str, Any]]:
    """Return every object of every Kubernetes file."""
    return [manifest for path in KUBERNETES for manifest in yaml.safe_load_all(path.read_text())]


def pods() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each process with its pod."""
    for manifest in manifests():
        if manifest["kind"] in {"Deployment", "Job"}:
            labels = manifest["spec"]["template"]["metadata"]["labels"]
            yield labels.get("pool", labels["process"]), manifest["spec"]["template"]["spec"]


def container(pod: dict[str, Any]) -> dict[str, Any]:
    [single] = pod["containers"]
    return dict(single)


def bin_up() -> Commands:
    """Return the commands of `bin/up`, without `release`: `bin/up` runs that itself."""
    required = {"DATABASE_URL": "postgresql://one/two", "PEPPERS": KEYRING, "VAULT_KEYS": KEYRING}
    servers = processes.build_platform_processes(8000, {}, required)
    return {name: ["python", *server.command[-4:]] for name, server in servers.items()}


def modules_and_pools(commands: Commands) -> dict[str, str]:
    """Return the module and the pool of each command; ports and addresses differ by form."""
    return {name: _module_and_pool(" ".join(words)) for name, words in commands.items()}


def _module_and_pool(command: str) -> str:
    return command.partition("-m ")[2].partition(" --")[0]
