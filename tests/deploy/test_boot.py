"""Units started by a host's boot, as systemd reads them from a root folder."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli.local.processes import WORKER_POOL_NAMES
from tests.deploy.forms import ROOT, SYSTEMD, output_of

HOWTO = ROOT / "docs" / "howto"
UNITS = Path("etc", "systemd", "system")
ALL_PROCESSES = {"tenantry-web", "tenantry-dispatcher", *(f"tenantry-worker@{pool}" for pool in WORKER_POOL_NAMES)}
ENABLED_UNITS = [path for path in SYSTEMD.glob("*.*") if path.is_file() and "[Install]" in path.read_text()]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a host's root folder with no unit enabled. The commands of the units exist."""
    shutil.copytree(SYSTEMD, tmp_path / UNITS)
    for path in (tmp_path / UNITS).glob("*.service"):
        path.write_text(path.read_text().replace("/opt/tenantry", sys.prefix))
    return tmp_path


def run_page_command(root: Path, page: str, beginning: str) -> list[str]:
    """Run the page's systemctl command with this beginning on the root folder. Return its words."""
    text = (HOWTO / page).read_text("utf-8")
    [line] = [line for line in text.splitlines() if line.startswith(beginning)]
    words = [word for word in line.split() if word != "--now"]
    output_of(words[0], f"--root={root}", *words[1:])
    return words


def processes_after_boot(root: Path) -> set[str]:
    """Return the processes started by multi-user.target: its links and, recursively, their wanted units."""
    units: set[str] = set()
    new_units = {path.name for path in (root / UNITS / "multi-user.target.wants").glob("tenantry*")}
    while new_units:
        units |= new_units
        new_units = {name for unit in new_units for name in wanted_units(root, unit)} - units
    return {name.removesuffix(".service") for name in units if name.endswith(".service")}


def wanted_units(root: Path, unit: str) -> set[str]:
    """Return the units wanted by a unit: by its own lines, and by links of enabled units."""
    text = (root / UNITS / re.sub(r"@.*\.", "@.", unit)).read_text()
    lines = re.findall(r"^(?:Wants|Requires)=(.*)$", text, re.MULTILINE)
    linked = {path.name for path in (root / UNITS / f"{unit}.wants").glob("tenantry*")}
    return linked | {name for line in lines for name in line.split() if name.startswith("tenantry")}


@pytest.mark.parametrize("path", ENABLED_UNITS, ids=lambda path: path.name)
def test_each_unit_is_wanted_by_multi_user_target(path: Path) -> None:
    assert re.findall(r"^WantedBy=(.*)$", path.read_text(), re.MULTILINE) == ["multi-user.target"]


@pytest.mark.peers
def test_enabled_units_start_after_a_reboot(root: Path) -> None:
    words = run_page_command(root, "many-hosts.md", "systemctl enable --now tenantry-web")
    assert processes_after_boot(root) == {*words[2:], "tenantry-migrate"}
    assert processes_after_boot(root) < ALL_PROCESSES | {"tenantry-migrate"}


@pytest.mark.peers
def test_the_enabled_target_starts_all_processes_after_a_reboot(root: Path) -> None:
    run_page_command(root, "install.md", "systemctl enable --now tenantry.target")
    assert processes_after_boot(root) == ALL_PROCESSES | {"tenantry-migrate"}


@pytest.mark.peers
def test_units_enabled_by_an_earlier_release_start_after_reenable(root: Path) -> None:
    earlier = root / UNITS / "tenantry.target.wants"
    earlier.mkdir()
    for name in ("tenantry-web.service", "tenantry-worker@ingest.service"):
        (earlier / name).symlink_to(Path("/") / UNITS / re.sub(r"@.*\.", "@.", name))
    assert processes_after_boot(root) == set()
    run_page_command(root, "install.md", "systemctl reenable")
    assert processes_after_boot(root) == {"tenantry-web", "tenantry-worker@ingest", "tenantry-migrate"}
    assert not earlier.exists()


@pytest.mark.peers
def test_systemd_verifies_the_units_of_a_boot(root: Path) -> None:
    """Verify multi-user.target of this machine, with the links of the enabled units."""
    run_page_command(root, "many-hosts.md", "systemctl enable --now tenantry-web")
    verify = ("systemd-analyze", "verify", "--man=no", "multi-user.target")
    completed = subprocess.run(
        verify, capture_output=True, text=True, check=False,
        env={"SYSTEMD_UNIT_PATH": f"{root / UNITS}:", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert "tenantry" not in completed.stdout + completed.stderr
