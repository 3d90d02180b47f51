"""Platforms: a new one is one package and one line, so nothing outside its package names it."""

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

from platforms import PLATFORM_PACKAGE_NAMES
from platforms.description import OwnServerOAuthLogin
from platforms.registry import PLATFORMS_BY_NAME
from tests.architecture.test_layout import PACKAGES as PRODUCT
from tests.architecture.tree import DOCSTRING_NODES, ROOT, text, tracked
from workers.platforms.parts import load_platform_calls, refuse_call_platform_lacks

NAME = re.compile(rf"\b(?:{'|'.join(PLATFORMS_BY_NAME)})\b", re.IGNORECASE)

#: Comments of SQL, and of scripts and style sheets.
SQL_COMMENT = re.compile(r"--.*")
SCRIPT_COMMENT = re.compile(r"/\*.*?\*/|^[ \t]*//[^\n]*", re.DOTALL | re.MULTILINE)

#: Files that name a platform for another reason, or as an example.
EXEMPT = {
    # TikTok and Meta as ad networks: receivers of conversions, and sources of ad metrics.
    *("domain/apps/relays.py", "schemas/conversions.py", "schemas/settings.py"),
    *("workers/conversions/calls.py", "workers/conversions/tiktok.py"),
    # Hosts of links, which a brand's page has.
    *("generation/copy/names.py", "workers/ingest/colors/names.py"),
    # Examples: of the API document, of the demo, and of the benches.
    *("api/openapi/sample_events.py", "schemas/accounts.py", "cli/local/demo.py"),
    "tools/bench/tenants.py",
    # An account of Bluesky is the same on any server. An index and its statements know it.
    *("db/queries/account_lease.sql", "db/queries/social_account.sql"),
}
#: The only list.
REGISTRY = Path("platforms/__init__.py")
#: An applied migration never changes.
FROZEN = Path("db/migrations")


def is_checked(path: Path) -> bool:
    is_own_package = path.parts[0] == "platforms" and len(path.parts) > 2
    is_code = path.parts[0] in PRODUCT and path.suffix in {".py", ".sql", ".js", ".css", ".html"}
    return is_code and not is_own_package and path != REGISTRY and FROZEN not in path.parents


def code_of(path: Path) -> str:
    """Return a file's code without comments and docstrings, which may give examples."""
    source = text(path)
    if path.suffix == ".sql":
        return SQL_COMMENT.sub("", source)
    if path.suffix != ".py":
        return SCRIPT_COMMENT.sub("", source)
    docstrings = {
        statement.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, DOCSTRING_NODES)
        for statement in node.body
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    }
    return " ".join(
        token.string
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type != tokenize.COMMENT and not (token.type == tokenize.STRING and token.start[0] in docstrings)
    )


def is_naming(path: Path) -> bool:
    return bool(NAME.search(text(path)) and NAME.search(code_of(path)))


def test_the_code_of_a_script_follows_its_comments() -> None:
    script = '// Mastodon\nconst a = "tiktok"; /* Bluesky\n */\n  // Instagram\nconst b = 1;\n'
    assert SCRIPT_COMMENT.sub("", script).split() == 'const a = "tiktok"; const b = 1;'.split()


def test_only_its_own_package_names_a_platform() -> None:
    naming = {str(path) for path in tracked() if is_checked(path) and is_naming(path)}
    assert naming - EXEMPT == set()
    assert EXEMPT - naming == set(), "these files name no platform any more"


def test_the_registry_lists_each_package() -> None:
    folders = {path.parts[1] for path in tracked() if path.parts[0] == "platforms" and len(path.parts) > 2}
    assert [f"platforms.{name}" for name in PLATFORMS_BY_NAME] == PLATFORM_PACKAGE_NAMES
    assert set(PLATFORMS_BY_NAME) == folders


@pytest.mark.parametrize("name", PLATFORMS_BY_NAME)
def test_a_package_has_the_calls_of_its_description(name: str) -> None:
    description, parts = PLATFORMS_BY_NAME[name], load_platform_calls(name)
    assert (parts.register is not refuse_call_platform_lacks) == isinstance(description.login, OwnServerOAuthLogin)
    assert (parts.revoke is not refuse_call_platform_lacks) == (description.revocation is not None)
    assert (ROOT / "platforms" / name / "webhook.py").exists() == description.has_webhook
    assert all(field.startswith(f"{name}_") for field in getattr(description.settings, "__annotations__", ()))
