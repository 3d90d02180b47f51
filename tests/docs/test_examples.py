"""Every `sh` block of every page, pasted page by page into a fresh shell beside a running platform.

A block says in its first line what it is, so that none goes unnoticed: `sh` is pasted; `console` is a command
that stays, takes minutes or needs somebody else's server; `ini` are settings, `http` is a request.
"""

import contextlib
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
from schemas.settings import OWN, Settings
from tests.forms import first
from tests.processes import alive_in
from tests.waiting import PATIENCE_S

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HOWTO = ROOT / "docs" / "howto"
#: The pages, and what each has to come to.
PAGES = {
    ROOT / "README.md": '"Tidewise"',
    ROOT / "docs" / "quickstart.md": '"Tidewise"',
    HOWTO / "ingest.md": '"Tidewise"',
    HOWTO / "generate-content.md": '"rule":"clause"',
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
#: Pages whose blocks leave something that others would stumble over.
ALONE = {HOWTO / "operate.md": "Acme Inc."}
#: Pages whose blocks are pasted by a test of their own.
ELSEWHERE = {HOWTO / "add-a-kind.md"}
#: Pages that are made from the code.
MADE = {ROOT / "docs" / "reference" / "cli.md"}

EVERY = sorted({ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")} - MADE)
LANGUAGES = {"sh", "console", "text", "ini", "http", "json", "mermaid", "sql"}
FENCE = re.compile(r"^```(.*)\n((?:(?!```).*\n)*)```$", re.MULTILINE)
SETTING = re.compile(r"^([A-Z_]+)=", re.MULTILINE)
COMMAND = re.compile(r"^(?:[A-Z_]+=\S+ )*tenantry ((?:[a-z-]+ ?)+)", re.MULTILINE)

pytestmark = pytest.mark.first


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The current folder of both terminals, as a checkout is after `bin/up`."""
    return _checkout(tmp_path_factory.mktemp("pasted"))


@pytest.fixture(scope="module")
def shell(folder: Path) -> Iterator[dict[str, str]]:
    with beside(folder) as environment:
        yield environment


def _checkout(path: Path) -> Path:
    (path / ".venv").symlink_to(sys.prefix)
    return path


@contextlib.contextmanager
def beside(folder: Path) -> Iterator[dict[str, str]]:
    """The environment of a person's second terminal, with what the first one printed.

    SIGTERM drains what the first one runs and leaves nothing.
    """
    with demo.site() as host:
        # The tests' own servers are not this person's.
        mine = {
            name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", "up", "--port", "0", "--json"],
            cwd=folder, env=mine | {demo.ALLOW: host}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        said, complaint = "", ""
        assert process.stdout is not None
        try:
            said = process.stdout.readline()
            ready = json.loads(said)
            yield mine | {
                "API": f"{ready['api']}/v1",
                "KEY": ready["apiKey"],
                "SITE": f"http://{host}/",
                "PATH": without_ours(mine["PATH"]),
                "no_proxy": "127.0.0.1",
            }
        finally:
            process.send_signal(signal.SIGTERM)
            _, complaint = process.communicate(timeout=PATIENCE_S)
            assert said, complaint
            assert (process.returncode, alive_in(folder)) == (0, {})


def without_ours(path: str) -> str:
    """A search path on which `tenantry` is not found: a page has to say how it is."""
    ours = str(Path(sys.prefix) / "bin")
    return ":".join(each for each in path.split(":") if each != ours)


@pytest.mark.parametrize("page", first(3, PAGES), ids=lambda page: page.name)
def test_what_is_pasted_works(page: Path, shell: dict[str, str], folder: Path) -> None:
    paste(page, PAGES[page], shell, folder)


@pytest.mark.long
@pytest.mark.parametrize("page", ALONE, ids=lambda page: page.name)
def test_what_is_pasted_alone_works(page: Path, tmp_path: Path) -> None:
    with beside(_checkout(tmp_path)) as shell:
        paste(page, ALONE[page], shell, tmp_path)


def test_no_page_with_something_to_paste_goes_unnoticed() -> None:
    assert len(EVERY) > 40
    assert {page for page in EVERY if BLOCK.search(page.read_text("utf-8"))} == {*PAGES, *ALONE, *ELSEWHERE}


def test_every_block_says_what_it_is() -> None:
    blocks = [(page, found[1]) for page in EVERY for found in FENCE.finditer(page.read_text("utf-8"))]
    assert len(blocks) > 50
    assert [(page.name, language) for page, language in blocks if language not in LANGUAGES] == []


def test_settings_and_commands_that_are_not_pasted_are_there() -> None:
    settings = {OWN.get(field.name, field.encode_name) for field in msgspec.structs.fields(Settings)}
    blocks = [found.groups() for page in EVERY for found in FENCE.finditer(page.read_text("utf-8"))]
    named = [name for language, text in blocks if language == "ini" for name in SETTING.findall(text)]
    typed = [words for language, text in blocks if language == "console" for words in COMMAND.findall(text)]
    assert len(named) > 5
    assert len(typed) > 5
    assert [name for name in named if name not in settings] == []
    assert [words for words in typed if not is_command(words.split())] == []


def is_command(words: list[str]) -> bool:
    """True if the words lead to a command; what follows one are its arguments."""
    command: click.Command | None = tenantry
    for word in words:
        if not isinstance(command, click.Group):
            return True
        command = command.get_command(click.Context(command), word)
    return command is not None


def paste(page: Path, comes_to: str, shell: dict[str, str], folder: Path) -> None:
    script = "set -eu\n" + "".join(BLOCK.findall(page.read_text("utf-8")))
    done = subprocess.run(
        ["bash"], input=script, cwd=folder, env=shell, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert comes_to in done.stdout
    assert '"error":{' not in done.stdout
    assert '"status":"failed"' not in done.stdout
    assert unclean(folder) == []


def unclean(folder: Path) -> list[str]:
    """What `git status --porcelain` of the checkout would name: all that no line of .gitignore has."""
    ignored = {line.rstrip("/") for line in (ROOT / ".gitignore").read_text().splitlines()}
    return sorted(path.name for path in folder.iterdir() if path.name not in ignored)


def test_a_file_of_a_page_is_seen(tmp_path: Path) -> None:
    for name in (".venv", ".local", "__pycache__"):
        (tmp_path / name).mkdir()
    (tmp_path / "project.json").touch()
    assert unclean(tmp_path) == ["project.json"]
