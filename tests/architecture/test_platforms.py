"""Platforms: CONTRIBUTING lists each file that a new one touches."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from schemas.accounts import PlatformName
from tests.architecture.tree import text, tracked

PRODUCT = {
    "api",
    "bench",
    "cli",
    "db",
    "domain",
    "generation",
    "jobs",
    "rehearsal",
    "schemas",
    "telemetry",
    "workers",
}
NAME = re.compile(rf"\b(?:{'|'.join(get_args(PlatformName))})\b")
LISTED = re.compile(r"`([\w./]+)`")
#: Files that name platforms for another reason: hosts of a brand's links.
OTHER = {Path("generation/words/names.py")}


def listed() -> set[Path]:
    """Paths of the table on adding a platform."""
    [table] = re.findall(r"\*\*A platform\*\*.*?(?=\n\*\*)", text(Path("CONTRIBUTING.md")), re.DOTALL)
    return {Path(path) for path in LISTED.findall(table) if "/" in path}


def naming() -> Iterator[Path]:
    """Files of the product, outside of a platform's own package, that name two platforms or more."""
    for path in tracked():
        own = path.parts[:2] == ("workers", "platforms") and path.parts[2] in get_args(PlatformName)
        kept = path.parts[0] in PRODUCT and path.suffix in {".py", ".js", ".css"}
        if kept and not own and path not in OTHER and len({*NAME.findall(text(path))}) > 1:
            yield path


def test_contributing_lists_each_file_that_a_new_platform_touches() -> None:
    missing = {*naming()} - listed()
    assert missing == set()


def test_each_listed_path_exists() -> None:
    """A renamed file is renamed there, too."""
    assert len(listed()) > 20
    assert [path for path in listed() if not path.exists()] == []


def test_each_platform_stands_in_each_file_that_lists_all() -> None:
    """A platform that was added in part fails here, before a person meets it."""
    whole = ("domain/accounts/platform_limits.py", "schemas/accounts.py", "workers/platforms/registry.py",
             "workers/tasks/collect_metrics.py", "workers/tasks/connect_account.py", "api/console/labels.js",
             "api/console/project/previews.js", "api/console/partners.css")  # fmt: skip
    names = {*get_args(PlatformName)}
    assert [(path, lacking) for path in whole if (lacking := names - {*NAME.findall(text(Path(path)))})] == []
