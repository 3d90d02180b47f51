"""Platforms: CONTRIBUTING lists each file to change for a new one."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from schemas.accounts import PlatformName
from tests.architecture.tree import text, tracked

PRODUCT = {
    "api",
    "chaos",
    "cli",
    "db",
    "domain",
    "generation",
    "jobs",
    "schemas",
    "telemetry",
    "tools",
    "workers",
}
NAME = re.compile(rf"\b(?:{'|'.join(get_args(PlatformName))})\b")
LISTED = re.compile(r"`([\w./]+)`")
#: Files that name platforms for another reason: hosts of a brand's links.
EXEMPT = {Path("generation/copy/names.py")}


def listed_paths() -> set[Path]:
    """Return the paths of the table on adding a platform."""
    [table] = re.findall(r"\*\*A platform\*\*.*?(?=\n\*\*)", text(Path("CONTRIBUTING.md")), re.DOTALL)
    return {Path(path) for path in LISTED.findall(table) if "/" in path}


def files_naming_platforms() -> Iterator[Path]:
    """Yield product files outside of a platform's own package that name two platforms or more."""
    for path in tracked():
        is_own_package = path.parts[:2] == ("workers", "platforms") and path.parts[2] in get_args(
            PlatformName
        )
        is_product_code = path.parts[0] in PRODUCT and path.suffix in {".py", ".js", ".css"}
        if (
            is_product_code
            and not is_own_package
            and path not in EXEMPT
            and len({*NAME.findall(text(path))}) > 1
        ):
            yield path


def test_contributing_lists_each_file_that_a_new_platform_touches() -> None:
    missing = {*files_naming_platforms()} - listed_paths()
    assert missing == set()


def test_each_listed_path_exists() -> None:
    """CONTRIBUTING must follow the rename of a file."""
    assert len(listed_paths()) > 20
    assert [path for path in listed_paths() if not path.exists()] == []


def test_each_complete_list_names_every_platform() -> None:
    """Detect a partly added platform before a user does."""
    complete_lists = (
        "domain/accounts/platform_limits.py", "schemas/accounts.py", "workers/platforms/registry.py",
        "workers/tasks/collect_metrics.py", "workers/tasks/connect_account.py", "api/console/labels.js",
        "api/console/project/previews.js", "api/console/partners.css",
    )  # fmt: skip
    names = {*get_args(PlatformName)}
    assert [
        (path, missing) for path in complete_lists if (missing := names - {*NAME.findall(text(Path(path)))})
    ] == []
