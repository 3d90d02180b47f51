"""Files of deploy/ checked by their tools: systemd, promtool, kubernetes-validate, KEDA paths, hadolint."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from litestar import Litestar

from db.pool import Pool
from tests.api.conftest import Caller, app, calling
from tests.deploy import forms
from tests.peers import pypi

__all__ = ["app"]

pytestmark = [pytest.mark.peers, pytest.mark.timeout(300)]

#: Maximum exposure of a unit, of 100, by `systemd-analyze security`: a unit needs the network.
EXPOSED = 20

#: Script for a GJSON path, the form in which KEDA selects a value of a response.
ASK = "import gjson, json, sys; print(gjson.get(json.load(sys.stdin), sys.argv[1]))"


def said(*words: str | Path, **given: object) -> str:
    """Return a command's output; assert that it succeeds."""
    done = subprocess.run(words, capture_output=True, text=True, check=False, **given)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stdout + done.stderr
    return f"{done.stdout}{done.stderr}"


@pytest_asyncio.fixture
async def scaler(app: Litestar, pool: Pool) -> AsyncIterator[Caller]:
    async with calling(app, pool, "Platform", scopes=("ops:read",)) as caller:
        yield caller


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """Return a folder of the units with this test's Python as the installed one."""
    folder = tmp_path / "units"
    shutil.copytree(forms.SYSTEMD, folder)
    for path in folder.glob("*.service"):
        path.write_text(path.read_text().replace("/opt/tenantry", sys.prefix))
    return folder


def test_systemd_has_nothing_to_say_of_a_unit(units: Path) -> None:
    workers = [units / f"tenantry-worker@{pool}.service" for pool in ("ingest", "generate")]
    plain = [path for path in units.glob("*.*") if path.is_file() and "@" not in path.name]
    assert said("systemd-analyze", "verify", "--man=no", *plain, *workers) == ""


def test_systemd_would_say_something(units: Path) -> None:
    unit = units / "tenantry-web.service"
    unit.write_text(unit.read_text().replace("Restart=always", "Restart=sometimes"))
    assert "Restart" in said("systemd-analyze", "verify", "--man=no", unit)


@pytest.mark.parametrize("path", sorted(forms.SYSTEMD.glob("*.service")), ids=lambda path: path.stem)
def test_a_unit_can_do_little_beyond_its_work(path: Path, units: Path) -> None:
    said(
        "systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSED}", units / path.name,
        env={"SYSTEMD_UNIT_PATH": f"{units}:", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [
        ("check", "rules", "alerts.yaml"),
        ("check", "config", "prometheus.yaml"),
        ("test", "rules", "alerts_test.yaml"),
    ],
    ids=" ".join,
)
def test_prometheus_takes_the_rules_and_they_do_what_their_tests_say(words: tuple[str, ...]) -> None:
    assert "SUCCESS" in said("promtool", *words, cwd=forms.DEPLOY / "prometheus")


def test_kubernetes_knows_every_field() -> None:
    validate = pypi.install("deployment").with_name("kubernetes-validate")
    own = [path for path in forms.KUBERNETES if path.name != "scalers.yaml"]
    found = said(validate, "--strict", *own)
    passed = len(re.findall("passed for resource", found))
    assert passed == len([each for each in forms.manifests() if "keda" not in each["apiVersion"]])


async def test_the_path_of_each_scaler_leads_to_its_pools_desired_workers(scaler: Caller) -> None:
    """Evaluate the GJSON path on the URL's response, as KEDA does."""
    answer = (await scaler.http.get("/v1/ops/pools")).text
    wanted = {pool["name"]: pool["desiredWorkers"] for pool in json.loads(answer)["items"]}
    python = pypi.install("deployment")
    for each in forms.manifests():
        if each["kind"] == "ScaledObject":
            [trigger] = each["spec"]["triggers"]
            assert trigger["metadata"]["url"].endswith("/v1/ops/pools")
            value = said(python, "-c", ASK, trigger["metadata"]["valueLocation"], input=answer).strip()
            assert int(value) == wanted[each["spec"]["scaleTargetRef"]["name"].rpartition("-")[2]]


def test_hadolint_finds_nothing() -> None:
    linter = pypi.install("deployment").with_name("hadolint")
    assert said(linter, forms.DEPLOY / "Dockerfile") == ""
