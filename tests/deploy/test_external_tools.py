"""Files of deploy/ checked by their tools: systemd, promtool, kubernetes-validate, KEDA paths, hadolint."""

import json
import re
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from litestar import Litestar

from db.pool import Pool
from tests.api.conftest import ApiCaller, app, open_caller
from tests.deploy import forms
from tests.deploy.forms import output_of
from tests.peers import pypi

__all__ = ["app"]

pytestmark = [pytest.mark.peers, pytest.mark.timeout(300)]

#: Maximum exposure of a unit, of 100, by `systemd-analyze security`: a unit needs the network.
MAX_EXPOSURE = 20

#: Script for a GJSON path, the form in which KEDA selects a value of a response.
GJSON_SCRIPT = "import gjson, json, sys; print(gjson.get(json.load(sys.stdin), sys.argv[1]))"


@pytest_asyncio.fixture
async def scaler(app: Litestar, pool: Pool) -> AsyncIterator[ApiCaller]:
    async with open_caller(app, pool, "Platform", scopes=("ops:read",)) as caller:
        yield caller


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """Return a folder of the units with this test's Python as the installed one."""
    folder = tmp_path / "units"
    shutil.copytree(forms.SYSTEMD, folder)
    for path in folder.glob("*.service"):
        path.write_text(path.read_text().replace("/opt/tenantry", sys.prefix))
    return folder


def test_systemd_verifies_each_unit(units: Path) -> None:
    workers = [units / f"tenantry-worker@{pool}.service" for pool in ("ingest", "generate")]
    plain = [path for path in units.glob("*.*") if path.is_file() and "@" not in path.name]
    assert output_of("systemd-analyze", "verify", "--man=no", *plain, *workers) == ""


def test_systemd_verify_detects_a_fault(units: Path) -> None:
    unit = units / "tenantry-web.service"
    unit.write_text(unit.read_text().replace("Restart=always", "Restart=sometimes"))
    assert "Restart" in output_of("systemd-analyze", "verify", "--man=no", unit)


@pytest.mark.parametrize("path", sorted(forms.SYSTEMD.glob("*.service")), ids=lambda path: path.stem)
def test_a_unit_is_confined(path: Path, units: Path) -> None:
    output_of(
        "systemd-analyze", "security", "--offline=true", f"--threshold={MAX_EXPOSURE}", units / path.name,
        env={"SYSTEMD_UNIT_PATH": f"{units}:", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [("check", "rules", "alerts.yaml"), ("check", "config", "prometheus.yaml"), ("test", "rules", "alerts_test.yaml")],
    ids=" ".join,
)
def test_promtool_accepts_the_rules_and_their_tests(words: tuple[str, ...]) -> None:
    assert "SUCCESS" in output_of("promtool", *words, cwd=forms.DEPLOY / "prometheus")


def test_manifests_match_the_kubernetes_schemas() -> None:
    validate = pypi.install("deployment").with_name("kubernetes-validate")
    manifests = [path for path in forms.KUBERNETES if path.name != "scalers.yaml"]
    output = output_of(validate, "--strict", *manifests)
    passed = len(re.findall("passed for resource", output))
    assert passed == len([each for each in forms.manifests() if "keda" not in each["apiVersion"]])


async def test_each_scaler_path_selects_its_pools_desired_workers(scaler: ApiCaller) -> None:
    """Evaluate the GJSON path on the URL's response, as KEDA does."""
    answer = (await scaler.http.get("/v1/ops/pools")).text
    desired = {pool["name"]: pool["desiredWorkers"] for pool in json.loads(answer)["items"]}
    python = pypi.install("deployment")
    for manifest in forms.manifests():
        if manifest["kind"] == "ScaledObject":
            [trigger] = manifest["spec"]["triggers"]
            assert trigger["metadata"]["url"].endswith("/v1/ops/pools")
            value = output_of(python, "-c", GJSON_SCRIPT, trigger["metadata"]["valueLocation"], input=answer).strip()
            assert int(value) == desired[manifest["spec"]["scaleTargetRef"]["name"].rpartition("-")[2]]


def test_hadolint_finds_nothing() -> None:
    linter = pypi.install("deployment").with_name("hadolint")
    assert output_of(linter, forms.DEPLOY / "Dockerfile") == ""
