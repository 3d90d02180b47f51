"""The commands of install.md, run in a folder: the release of a started process after each section."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.forms import EXEC, ROOT, SYSTEMD

PAGE = (ROOT / "docs" / "howto" / "install.md").read_text("utf-8")
#: Commands that need a network, systemd or its folders.
SKIPPED = re.compile(r"/bin/pip |^(?:systemctl|systemd-run|useradd|install|cp) ")


def run_section(heading: str, folder: Path, **variables: str) -> None:
    """Run the commands of a section of the page, with the folder for /opt."""
    text = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = "".join(re.findall(r"```console\n(.*?)```", text, re.DOTALL)).splitlines()
    script = "\n".join(line for line in lines if not SKIPPED.search(line))
    for old, new in variables.items():
        script = re.sub(rf"^{old}=.*$", f"{old}={new}", script, flags=re.MULTILINE)
    script = script.replace("python3 -m venv", f"{sys.executable} -m venv --without-pip")
    subprocess.run(["sh", "-euc", script.replace("/opt", str(folder))], check=True)


def started_release(folder: Path, unit: Path) -> str:
    """Return the folder of the release with the unit's Python; the parent of `web` resolves the link itself."""
    [command] = EXEC.findall(unit.read_text())
    command = re.sub(r" -m .*", " -c 'import sys; print(sys.prefix)'", command).replace("$$", "$")
    words = ["sh", "-c", command.replace("/opt", str(folder))]
    prefix = Path(subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip())
    return (prefix.resolve() if unit.name == "tenantry-web.service" else prefix).name


@pytest.fixture
def host(tmp_path: Path) -> Path:
    run_section("Install it", tmp_path)
    run_section("Prepare the host", tmp_path)
    return tmp_path


def test_an_upgrade_starts_the_new_release_and_a_roll_back_the_old_one(host: Path) -> None:
    """Show that a process uses the release's folder, not the link: the link may change while it runs."""
    unit = SYSTEMD / "tenantry-web.service"
    assert started_release(host, unit) == "tenantry-0.1.0"
    run_section("Install it", host, release="0.2.0")
    assert started_release(host, unit) == "tenantry-0.1.0"
    run_section("Upgrade", host)
    assert started_release(host, unit) == "tenantry-0.2.0"
    run_section("Roll back", host)
    assert started_release(host, unit) == "tenantry-0.1.0"


def test_each_unit_starts_the_linked_release(host: Path) -> None:
    assert {started_release(host, unit) for unit in SYSTEMD.glob("*.service")} == {"tenantry-0.1.0"}


def test_an_upgrade_fails_if_the_link_is_a_folder(tmp_path: Path) -> None:
    """`ln` would create the link inside the folder, and the old release would continue."""
    (tmp_path / "tenantry").mkdir()
    with pytest.raises(subprocess.CalledProcessError):
        run_section("Upgrade", tmp_path)
