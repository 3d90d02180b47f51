"""Scripts of `bin/` without an installation: they print their help and write no file."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from cli.commands.up import up
from tests.waiting import PATIENCE_S

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("option", ["--help", "-h"])
@pytest.mark.parametrize("script", ["up", "test", "check", "lock"])
def test_help_needs_only_the_script(tmp_path: Path, script: str, option: str) -> None:
    """Run it in a minimal checkout without any Python."""
    (tmp_path / "bin").mkdir()
    shutil.copy(ROOT / "bin" / script, tmp_path / "bin" / script)
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("sh", "sed"):
        (tools / tool).symlink_to(shutil.which(tool) or "")
    done = subprocess.run(
        [tmp_path / "bin" / script, option],
        env={"PATH": str(tools)}, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert f"bin/{script}" in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin", "tools"]


def test_the_help_of_up_has_each_of_its_options() -> None:
    done = subprocess.run([ROOT / "bin" / "up", "--help"], capture_output=True, text=True, check=True)
    options = [option for parameter in up.params for option in parameter.opts]
    assert len(options) >= 4
    assert [option for option in options if f"  {option}" not in done.stdout] == []


@pytest.mark.parametrize("words", [["org", "list"], ["migrate"], ["up", "--port", "0"]])
def test_an_unreadable_local_folder_is_reported_in_one_line(tmp_path: Path, words: list[str]) -> None:
    """Drop root's capabilities for other users' files first."""
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "env").touch()
    (tmp_path / ".local").chmod(0)
    drop = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    names = {"DATABASE_URL", "REDIS_URL", "PEPPERS", "VAULT_KEYS"}
    done = subprocess.run(
        [*drop, str(ROOT / ".venv" / "bin" / "tenantry"), *words],
        cwd=tmp_path, env={name: value for name, value in os.environ.items() if name not in names},
        capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    (tmp_path / ".local").chmod(0o700)
    assert done.returncode == 5, done.stderr
    [line] = done.stderr.splitlines()
    assert line.startswith(f"Error: {tmp_path / '.local'}")
    assert line.endswith("run as the user whose folder it is, or in a folder of your own")


def test_checks_show_each_result_as_it_ends(tmp_path: Path) -> None:
    """Print the first result while the other check still runs and waits for the print."""
    copy_check(tmp_path, ruff="echo formatted", mypy=f"until grep -q formatted {tmp_path}/out; do :; done; exit 1")
    with (tmp_path / "out").open("w") as out:
        done = subprocess.run(
            [tmp_path / "bin" / "check", "types", "format"], stdout=out, timeout=PATIENCE_S, check=False
        )
    output = (tmp_path / "out").read_text()
    assert done.returncode == 1
    assert output.startswith("== running types format;")
    assert output.index("== format: passed after") < output.index("== types: failed (exit code 1) after")


def copy_check(folder: Path, **tools: str) -> None:
    """Copy `bin/check` into a checkout with these tools as scripts in its `.venv`."""
    (folder / "bin").mkdir()
    shutil.copy(ROOT / "bin" / "check", folder / "bin" / "check")
    (folder / ".venv" / "bin").mkdir(parents=True)
    for name, script in tools.items():
        path = folder / ".venv" / "bin" / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
