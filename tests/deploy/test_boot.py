"""Units started by a host's boot, as systemd reads them from a root folder."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli.local.processes import POOLS
from tests.deploy.forms import ROOT, SYSTEMD

HOWTO = ROOT / "docs" / "howto"
UNITS = Path("etc", "systemd", "system")
WHOLE = {"tenantry-web", "tenantry-dispatcher", *(f"tenantry-worker@{pool}" for pool in POOLS)}
INSTALLED = [path for path in SYSTEMD.glob("*.*") if path.is_file() and "[Install]" in path.read_text()]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a host's root folder with no unit enabled. The commands of the units exist."""
    shutil.copytree(SYSTEMD, tmp_path / UNITS)
    for path in (tmp_path / UNITS).glob("*.service"):
        path.write_text(path.read_text().replace("/opt/tenantry", sys.prefix))
    return tmp_path


def type_command(root: Path, page: str, begin: str) -> list[str]:
    """Run the page's systemctl command with this beginning on the root folder. Return its words."""
    text = (HOWTO / page).read_text("utf-8")
    [line] = [line for line in text.splitlines() if line.startswith(begin)]
    words = [word for word in line.split() if word != "--now"]
    run(words[0], f"--root={root}", *words[1:])
    return words


def run(*words: str | Path) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return f"{done.stdout}{done.stderr}"


def booted(root: Path) -> set[str]:
    """Return the processes started by multi-user.target: its links and, recursively, their wanted units."""
    found: set[str] = set()
    fresh = {path.name for path in (root / UNITS / "multi-user.target.wants").glob("tenantry*")}
    while fresh:
        found |= fresh
        fresh = {name for unit in fresh for name in wanted(root, unit)} - found
    return {name.removesuffix(".service") for name in found if name.endswith(".service")}


def wanted(root: Path, unit: str) -> set[str]:
    """Return the units wanted by a unit: by its own lines, and by links of enabled units."""
    text = (root / UNITS / re.sub(r"@.*\.", "@.", unit)).read_text()
    lines = re.findall(r"^(?:Wants|Requires)=(.*)$", text, re.MULTILINE)
    linked = {path.name for path in (root / UNITS / f"{unit}.wants").glob("tenantry*")}
    return linked | {name for line in lines for name in line.split() if name.startswith("tenantry")}


@pytest.mark.parametrize("path", INSTALLED, ids=lambda path: path.name)
def test_each_unit_starts_at_boot_without_another_one(path: Path) -> None:
    assert re.findall(r"^WantedBy=(.*)$", path.read_text(), re.MULTILINE) == ["multi-user.target"]


@pytest.mark.peers
def test_a_host_with_some_units_starts_those_after_a_reboot(root: Path) -> None:
    words = type_command(root, "many-hosts.md", "systemctl enable --now tenantry-web")
    assert booted(root) == {*words[2:], "tenantry-migrate"}
    assert booted(root) < WHOLE | {"tenantry-migrate"}


@pytest.mark.peers
def test_a_host_with_the_target_starts_all_after_a_reboot(root: Path) -> None:
    type_command(root, "install.md", "systemctl enable --now tenantry.target")
    assert booted(root) == WHOLE | {"tenantry-migrate"}


@pytest.mark.peers
def test_units_that_an_earlier_release_enabled_start_again_once_they_are_reenabled(root: Path) -> None:
    earlier = root / UNITS / "tenantry.target.wants"
    earlier.mkdir()
    for name in ("tenantry-web.service", "tenantry-worker@ingest.service"):
        (earlier / name).symlink_to(Path("/") / UNITS / re.sub(r"@.*\.", "@.", name))
    assert booted(root) == set()
    type_command(root, "install.md", "systemctl reenable")
    assert booted(root) == {"tenantry-web", "tenantry-worker@ingest", "tenantry-migrate"}
    assert not earlier.exists()


@pytest.mark.peers
def test_a_disabled_unit_stays_down_after_a_reboot(root: Path) -> None:
    words = type_command(root, "many-hosts.md", "systemctl enable --now tenantry-web")
    run("systemctl", f"--root={root}", "disable", *words[2:])
    assert booted(root) == set()


@pytest.mark.peers
def test_systemd_finds_no_fault_in_what_a_boot_starts(root: Path) -> None:
    """Verify multi-user.target of this machine, with the links of the enabled units."""
    type_command(root, "many-hosts.md", "systemctl enable --now tenantry-web")
    verify = ("systemd-analyze", "verify", "--man=no", "multi-user.target")
    done = subprocess.run(
        verify, capture_output=True, text=True, check=False,
        env={"SYSTEMD_UNIT_PATH": f"{root / UNITS}:", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert "tenantry" not in done.stdout + done.stderr
