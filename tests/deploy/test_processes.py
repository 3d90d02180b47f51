"""Deployment forms, the Procfile and `bin/up`: the same processes, and existing settings only."""

import re
import tomllib
from pathlib import Path

import msgspec
import pytest
import yaml

from api.server.serve import SHUTDOWN_GRACE_S
from cli.local.processes import WORKER_POOL_NAMES
from schemas.settings import SETTING_NAMES_WITH_PRODUCT_PREFIX, Settings
from tests.deploy import forms

SETTINGS = {
    SETTING_NAMES_WITH_PRODUCT_PREFIX.get(field.name, field.encode_name): field
    for field in msgspec.structs.fields(Settings)
}
DRAIN_S, LEASE_S = SETTINGS["DRAIN_S"].default, SETTINGS["LEASE_S"].default
#: Variables outside of Settings: for Python, and for the arguments of `web`.
OTHER_VARIABLES = {"PYTHONUNBUFFERED", "HOST", "PORT"}
PROCESSES = forms.modules_and_pools(forms.procfile())


def test_each_form_starts_the_processes_of_the_procfile() -> None:
    """`bin/up` runs the release itself."""
    compose = {name: service["command"] for name, service in forms.compose_services().items()}
    kubernetes = {name: forms.container(pod)["command"] for name, pod in forms.pods()}
    for commands in (forms.systemd(), compose, kubernetes):
        assert forms.modules_and_pools(commands) == PROCESSES
    local = {name: command for name, command in PROCESSES.items() if name != "release"}
    assert forms.modules_and_pools(forms.bin_up()) == local


def test_the_documented_honcho_command_names_all_processes() -> None:
    page = (forms.ROOT / "docs" / "howto" / "operate.md").read_text("utf-8")
    [names] = re.findall(r"honcho start (.*)$", page, re.MULTILINE)
    assert names.split() == [name for name in forms.procfile() if name != "release"]


def test_deployment_forms_use_existing_settings() -> None:
    units = "".join(path.read_text() for path in forms.SYSTEMD.rglob("*.*") if path.is_file())
    lines = re.findall(r"^Environment=(.*)$", units, re.MULTILINE)
    named = {word.partition("=")[0] for line in lines for word in line.split()}
    named |= {name for service in forms.compose_services().values() for name in service["environment"]}
    named |= {variable["name"] for _, pod in forms.pods() for variable in forms.container(pod).get("env", [])}
    named |= {name for manifest in forms.manifests() if manifest["kind"] == "ConfigMap" for name in manifest["data"]}
    assert named - SETTINGS.keys() <= OTHER_VARIABLES


def test_settings_of_one_process_override_the_common_ones() -> None:
    """systemd applies the last of two files, and a drop-in after its whole unit."""
    files = {
        path.name: re.findall(r"^EnvironmentFile=(.*)$", path.read_text(), re.MULTILINE)
        for path in forms.SYSTEMD.rglob("*.*")
        if path.is_file()
    }
    by_unit = {name: paths for name, paths in files.items() if paths}
    assert by_unit.keys() == {path.name for path in forms.SYSTEMD.glob("*.service")}
    assert {paths[0] for paths in by_unit.values()} == {"/etc/tenantry/env"}
    assert {paths[-1] for paths in by_unit.values() if len(paths) == 2} == {
        "-/etc/tenantry/web", "-/etc/tenantry/dispatcher", "-/etc/tenantry/worker-%i",
    }  # fmt: skip


def test_prometheus_scrapes_the_ports_of_the_units() -> None:
    units = {
        "web": forms.SYSTEMD.glob("tenantry-web.service"),
        "dispatcher": forms.SYSTEMD.glob("tenantry-dispatcher.service"),
        "worker": [forms.SYSTEMD / f"tenantry-worker@{pool}.service.d" / "port.conf" for pool in WORKER_POOL_NAMES],
    }
    config = yaml.safe_load((forms.DEPLOY / "prometheus" / "prometheus.yaml").read_text())
    for static in config["scrape_configs"][0]["static_configs"]:
        texts = [path.read_text() for path in units.pop(static["labels"]["process"])]
        ports = [re.findall(r"(?:METRICS|HEALTH)_PORT=(\d+)", text) for text in texts]
        assert [[target.rpartition(":")[2]] for target in static["targets"]] == ports
    assert not units


def test_required_settings_are_in_compose_and_kubernetes() -> None:
    required = {name for name, field in SETTINGS.items() if field.required}
    [service] = {tuple(sorted(each["environment"])) for name, each in forms.compose_services().items() if name != "web"}
    assert required <= set(service)
    assert all(name in (forms.DEPLOY / "kubernetes" / "settings.yaml").read_text() for name in required)


def test_no_process_is_killed_while_it_drains() -> None:
    for name, pod in forms.pods():
        if name == "release":
            continue
        needs = SHUTDOWN_GRACE_S + 5 if name == "web" else DRAIN_S + LEASE_S
        assert pod["terminationGracePeriodSeconds"] > needs, name
    stops = {
        path.name: int(found[1])
        for path in forms.SYSTEMD.glob("*.service")
        if (found := re.search(r"^TimeoutStopSec=(\d+)$", path.read_text(), re.MULTILINE))
    }
    assert stops.pop("tenantry-web.service") > SHUTDOWN_GRACE_S
    assert len(stops) == 2
    assert min(stops.values()) > DRAIN_S + LEASE_S
    assert {service["stop_grace_period"] for service in forms.compose_services().values()} == {"60s"}


def test_containers_serve_health_and_metrics_on_all_addresses() -> None:
    """Check the bind address: kubelet and Prometheus use the pod's address, no entry of ALLOWED_HOSTS."""
    [settings] = [each["data"] for each in forms.manifests() if each["kind"] == "ConfigMap"]
    assert settings["HEALTH_HOST"] == "0.0.0.0"
    assert {service["environment"].get("HEALTH_HOST") for service in forms.compose_services().values()} == {"0.0.0.0"}
    assert SETTINGS["HEALTH_HOST"].default == "127.0.0.1"


def test_probes_use_the_paths_and_ports_of_the_process() -> None:
    for name, pod in forms.pods():
        container = forms.container(pod)
        ports = {port["name"]: str(port["containerPort"]) for port in container.get("ports", [])}
        probes = {kind: container[f"{kind}Probe"]["httpGet"] for kind in PROBES.get(name, PROBES["worker"])}
        assert {kind: probe["path"] for kind, probe in probes.items()} == PROBES.get(name, PROBES["worker"])
        variables = {variable["name"]: variable["value"] for variable in container.get("env", [])}
        if name not in {"web", "release"}:
            assert {ports[probe["port"]] for probe in probes.values()} == {variables["HEALTH_PORT"]}
        if name == "web":
            assert {ports[probe["port"]] for probe in probes.values()} == {container["command"][-1]}


PROBES = {
    "web": {"startup": "/healthz", "readiness": "/readyz", "liveness": "/healthz"},
    "worker": {"startup": "/healthz", "liveness": "/healthz"},
    "release": {},
}


@pytest.mark.parametrize("path", forms.KUBERNETES, ids=lambda path: path.name)
def test_images_are_of_this_version(path: Path) -> None:
    version = tomllib.loads((forms.ROOT / "pyproject.toml").read_text())["project"]["version"]
    versions = re.findall(r"image: tenantry(?:-generate)?:(.*)$", path.read_text(), re.MULTILINE)
    assert set(versions) <= {version}


def test_each_worker_deployment_has_a_scaler() -> None:
    deployments = {manifest["metadata"]["name"] for manifest in forms.manifests() if manifest["kind"] == "Deployment"}
    scaled = [manifest["spec"] for manifest in forms.manifests() if manifest["kind"] == "ScaledObject"]
    assert {spec["scaleTargetRef"]["name"] for spec in scaled} == {name for name in deployments if "-worker-" in name}


def test_the_ignore_file_admits_only_build_inputs() -> None:
    admitted = {
        line.removeprefix("!")
        for line in (forms.ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    targets = tomllib.loads((forms.ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]
    copied = {"constraints.txt", "constraints-generate.txt", "pyproject.toml", "README.md", "LICENSE"}
    assert admitted == copied | set(targets["wheel"]["packages"])


def test_volumes_and_dependencies_of_compose_exist() -> None:
    parsed = yaml.safe_load((forms.DEPLOY / "compose.yaml").read_text())
    volumes = {
        volume.partition(":")[0]
        for service in parsed["services"].values()
        for volume in service.get("volumes", [])
        if ":" in volume
    }
    assert volumes == parsed["volumes"].keys()
    assert {name for service in parsed["services"].values() for name in service.get("depends_on", {})} <= (
        parsed["services"].keys()
    )
