"""References in code, SQL and docs: each target exists (a file, a heading, a module, a decision)."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.architecture.tree import ROOT, text, tracked

#: An applied migration never changes, so its comments keep old references.
FROZEN = {Path("db/migrations"), Path("db/event_migrations"), Path("db/take_over/migrations")}
#: The paths in these tests belong to the ingested repositories.
FOREIGN = Path("tests/workers/ingest/github")
#: Texts that match a pattern below but are no reference.
NOT_REFERENCES = {
    "api.base": "a field of an argument",
    "api/v1": "a part of an address",
    "jobs/s": "a unit",
    "Cargo.toml": "a file of other people's projects",
    "tenantry content": "a command that was removed, as the changelog says",
    "NNNN_verb_noun.sql": "the form of a migration's name",
}

TOP_FOLDERS = sorted({path.parts[0] for path in tracked() if path.name == "__init__.py"} | {"tests"})
CHECKED_FILES = [
    path
    for path in tracked()
    if (path.suffix in {".py", ".sql", ".md", ".toml", ".lua", ".js"} or path.parts[0] in {"bin", ".ci"})
    and path.parent not in FROZEN
    and FOREIGN not in path.parents
    and "corpora" not in path.parts
]

#: References to texts outside of the repository, as in former code.
OUTSIDE = re.compile(
    r"\b(?:(?<![/-])(?:api|design|house)\.md\b|ledger\.sql\b|(?:design|research) \d|research/"
    r"|I(?:10|[1-9])\b|issue \d)"
)
PATHS = re.compile(rf"(?<![\w/.:-])(?:{'|'.join(TOP_FOLDERS)}|docs|bin)/[\w./-]*\w/?(?![\w<*{{…-])")
FILES = re.compile(r"`([\w-]+\.(?:py|sql|md|lua|toml))`")
MODULES = re.compile(
    rf"`((?:{'|'.join(TOP_FOLDERS)})(?:\.\w+)+)(?:\(\))?`|python -m ((?:{'|'.join(TOP_FOLDERS)})[\w.]*)"
)
DECISIONS = re.compile(r"\bdecision (\d+)")
LINKS = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
COMMANDS = re.compile(r"(?:^|[`(]|\.venv/bin/)(tenantry [a-z]+)", re.MULTILINE)
#: A file that a page's reader creates.
CREATED_FILES = re.compile(r"^cat > (\S+) <<", re.MULTILINE)
HEADINGS = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def test_references_resolve() -> None:
    this_file = Path(__file__).relative_to(ROOT)
    unresolved = [
        f"{path}: {reference}" for path in CHECKED_FILES if path != this_file for reference in broken_references(path)
    ]
    assert unresolved == []


def broken_references(path: Path) -> Iterator[str]:
    content = text(path)
    exempt = NOT_REFERENCES.keys() | CREATED_FILES.findall(content)
    yield from OUTSIDE.findall(content)
    yield from (match for match in PATHS.findall(content) if match not in exempt and not (ROOT / match).exists())
    yield from (match for match in FILES.findall(content) if match not in file_names() | NOT_REFERENCES.keys())
    dotted = {match for pair in MODULES.findall(content) for match in pair if match}
    yield from (match for match in dotted - NOT_REFERENCES.keys() if not resolves(match))
    yield from (f"decision {match}" for match in DECISIONS.findall(content) if not decision_exists(int(match)))
    yield from {*COMMANDS.findall(content)} - NOT_REFERENCES.keys() - documented_commands()
    if path.suffix == ".md":
        yield from (f"{to}#{anchor}" for to, anchor in LINKS.findall(content) if not link_resolves(path, to, anchor))


@cache
def file_names() -> frozenset[str]:
    return frozenset(path.name for path in tracked())


@cache
def documented_commands() -> frozenset[str]:
    return frozenset(re.findall(r"^## (tenantry \w+)", text(Path("docs/reference/cli.md")), re.MULTILINE))


def decision_exists(number: int) -> bool:
    return any((ROOT / "docs" / "decisions").glob(f"{number:04}-*.md"))


def link_resolves(page: Path, to: str, anchor: str) -> bool:
    target = (ROOT / page.parent / to).resolve() if to else ROOT / page
    if not target.exists():
        return False
    return not anchor or anchor in anchors(target)


@cache
def anchors(page: Path) -> frozenset[str]:
    """Return the anchors of a page's headings."""
    headings = HEADINGS.findall(page.read_text("utf-8"))
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)


@cache
def resolves(dotted: str) -> bool:
    """Return whether a dotted name is a module, or a top-level name of one."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        base = ROOT.joinpath(*parts[:length])
        module = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
        if module.is_file():
            rest = parts[length:]
            return not rest or rest[0] in top_level_names(module)
    return ROOT.joinpath(*parts).is_dir()


@cache
def top_level_names(module: Path) -> frozenset[str]:
    """Return a module's top-level names, including those of a table of queries."""
    names = set(re.findall(r"^(?:async )?(?:def|class) (\w+)|^(\w+)\b.* = ", module.read_text("utf-8"), re.MULTILINE))
    return frozenset(name for pair in names for name in pair) | imported(module)


def imported(module: Path) -> frozenset[str]:
    tree = ast.parse(module.read_text("utf-8"))
    return frozenset(
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    )


def test_each_decision_is_in_the_index() -> None:
    index = text(Path("docs/decisions/README.md"))
    decisions = [path.name for path in tracked() if path.match("docs/decisions/0*.md")]
    assert len({name[:4] for name in decisions}) == len(decisions)
    assert [name for name in decisions if f"({name})" not in index] == []
