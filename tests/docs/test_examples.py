"""Examples of the docs: every `sh` block runs page by page in a new shell, next to a running platform.

The language of a block decides: `sh` is run; `console` is a command that stays, takes minutes or needs a
third-party server; `ini` are settings, `http` is a request.
"""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest

from cli.__main__ import tenantry
from cli.local import demo
from schemas.settings import SETTING_NAMES_WITH_PRODUCT_PREFIX, Settings
from tests.forms import first
from tests.process_tree import alive_in
from tests.waiting import PATIENCE_S

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HOWTO = ROOT / "docs" / "howto"
#: Pages, and a text that their output must contain.
PAGES = {
    ROOT / "README.md": '"Tidewise"',
    ROOT / "docs" / "quickstart.md": '"Tidewise"',
    HOWTO / "ingest.md": '"Tidewise"',
    HOWTO / "generate-content.md": '"rule":"clause"',
    HOWTO / "templates.md": '"version":2',
    HOWTO / "follow-a-job.md": '"type":"published"',
    HOWTO / "publish.md": '"canceledScheduledPosts":1',
    HOWTO / "send-events.md": '"verified":true',
    HOWTO / "app-media.md": '"origin":"suggested"',
    HOWTO / "test-with-time.md": '"status":"published"',
    HOWTO / "lease-accounts.md": '"disconnectedReason":"released"',
    HOWTO / "send-conversions.md": '"pixelId":"1234567890123456"',
    HOWTO / "connect-instagram.md": '"authorizeUrl"',
    HOWTO / "webhooks.md": '"continueSince":null',
}
#: Page with a second organization: the commands of the other pages expect one, so it runs last.
LAST_PAGE = HOWTO / "operate.md"
#: Pages with a test of their own.
OWN_TEST = {HOWTO / "add-a-kind.md"}
#: Pages generated from the code.
GENERATED = {ROOT / "docs" / "reference" / "cli.md"}

EVERY = sorted({ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")} - GENERATED)
LANGUAGES = {"sh", "console", "text", "ini", "http", "json", "mermaid", "sql"}
FENCE = re.compile(r"^```(.*)\n((?:(?!```).*\n)*)```$", re.MULTILINE)
SETTING = re.compile(r"^([A-Z_]+)=", re.MULTILINE)
COMMAND = re.compile(r"^(?:[A-Z_]+=\S+ )*tenantry ((?:[a-z-]+ ?)+)", re.MULTILINE)

pytestmark = [pytest.mark.first, pytest.mark.timing]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Current folder of both terminals, like a checkout after `bin/up`."""
    path = tmp_path_factory.mktemp("pasted")
    (path / ".venv").symlink_to(sys.prefix)
    return path


@pytest.fixture(scope="module")
def shell(folder: Path) -> Iterator[dict[str, str]]:
    """Start a platform, and yield the environment of a second terminal with its printed values.

    At the end SIGTERM drains the platform, and no process or file is left.
    """
    with demo.serve_demo_site() as host:
        # The platform must not use the tests' servers.
        environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", "up", "--port", "0", "--json"],
            cwd=folder, env=environment | {demo.FETCH_ALLOW_VARIABLE_NAME: host}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        first_line, stderr = "", ""
        assert process.stdout is not None
        try:
            first_line = process.stdout.readline()
            ready = json.loads(first_line)
            yield environment | {
                "API": f"{ready['api']}/v1",
                "KEY": ready["apiKey"],
                "SITE": f"http://{host}/",
                "PATH": without_venv(environment["PATH"]),
                "no_proxy": "127.0.0.1",
            }
        finally:
            process.send_signal(signal.SIGTERM)
            _, stderr = process.communicate(timeout=PATIENCE_S)
            assert first_line, stderr
            assert (process.returncode, alive_in(folder)) == (0, {})


def without_venv(path: str) -> str:
    """Remove `tenantry` from a search path: a page must add it."""
    venv_bin = str(Path(sys.prefix) / "bin")
    return ":".join(entry for entry in path.split(":") if entry != venv_bin)


@pytest.mark.parametrize("page", first(3, PAGES), ids=lambda page: page.name)
def test_blocks_run(page: Path, shell: dict[str, str], folder: Path) -> None:
    paste(page, PAGES[page], shell, folder)


@pytest.mark.long
@pytest.mark.last
def test_blocks_with_another_organization_run(shell: dict[str, str], folder: Path) -> None:
    paste(LAST_PAGE, "Acme Inc.", shell, folder)


def test_every_page_with_sh_blocks_is_listed() -> None:
    assert len(EVERY) > 40
    assert {page for page in EVERY if BLOCK.search(page.read_text("utf-8"))} == {*PAGES, LAST_PAGE, *OWN_TEST}


def test_every_block_has_a_known_language() -> None:
    blocks = [(page, block[1]) for page in EVERY for block in FENCE.finditer(page.read_text("utf-8"))]
    assert len(blocks) > 50
    assert [(page.name, language) for page, language in blocks if language not in LANGUAGES] == []


def test_settings_and_commands_in_other_blocks_exist() -> None:
    settings = {
        SETTING_NAMES_WITH_PRODUCT_PREFIX.get(field.name, field.encode_name)
        for field in msgspec.structs.fields(Settings)
    }
    blocks = [block.groups() for page in EVERY for block in FENCE.finditer(page.read_text("utf-8"))]
    setting_names = [name for language, text in blocks if language == "ini" for name in SETTING.findall(text)]
    commands = [words for language, text in blocks if language == "console" for words in COMMAND.findall(text)]
    assert len(setting_names) > 5
    assert len(commands) > 5
    assert [name for name in setting_names if name not in settings] == []
    assert [words for words in commands if not is_command(words.split())] == []


def is_command(words: list[str]) -> bool:
    """Return whether the words start with a command; the rest are its arguments."""
    command: click.Command | None = tenantry
    for word in words:
        if not isinstance(command, click.Group):
            return True
        command = command.get_command(click.Context(command), word)
    return command is not None


def paste(page: Path, expected: str, shell: dict[str, str], folder: Path) -> None:
    script = "set -eu\n" + "".join(BLOCK.findall(page.read_text("utf-8")))
    result = subprocess.run(["bash"], input=script, cwd=folder, env=shell, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert expected in result.stdout
    assert '"error":{' not in result.stdout
    assert '"status":"failed"' not in result.stdout
    assert untracked(folder) == []


def untracked(folder: Path) -> list[str]:
    """Return the files outside .gitignore, as `git status --porcelain` would list them."""
    ignored = {line.rstrip("/") for line in (ROOT / ".gitignore").read_text().splitlines()}
    return sorted(path.name for path in folder.iterdir() if path.name not in ignored)


def test_a_leftover_file_is_detected(tmp_path: Path) -> None:
    for name in (".venv", ".local", "__pycache__"):
        (tmp_path / name).mkdir()
    (tmp_path / "project.json").touch()
    assert untracked(tmp_path) == ["project.json"]
