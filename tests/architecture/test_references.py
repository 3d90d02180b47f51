"""References in code, SQL and docs lead somewhere: to a file, a heading, a module, a decision."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.architecture.tree import ROOT, text, tracked

#: An applied migration never changes, so neither does what it says.
FROZEN = {Path("db/migrations"), Path("db/event_migrations"), Path("db/take_over/migrations")}
#: The paths in these tests are of repositories that they read.
FOREIGN = Path("tests/workers/ingest/github")
#: What looks like a path of ours and is none.
NONE = {
    "api.base": "a field of an argument",
    "api/v1": "a part of an address",
    "jobs/s": "a unit",
    "Cargo.toml": "a file of other people's projects",
    "tenantry content": "a command that was removed, as the changelog says",
    "NNNN_verb_noun.sql": "the form of a migration's name",
}

TOP = sorted({path.parts[0] for path in tracked() if path.name == "__init__.py"} | {"tests"})
READ = [
    path
    for path in tracked()
    if (path.suffix in {".py", ".sql", ".md", ".toml", ".lua", ".js"} or path.parts[0] in {"bin", ".ci"})
    and path.parent not in FROZEN
    and FOREIGN not in path.parents
    and "corpora" not in path.parts
]

#: Texts that lie outside of the repository, as code once referred to them.
OUTSIDE = re.compile(
    r"(?<![/\w-])(?:api|design|house)\.md\b|\bledger\.sql\b|\b(?:design|research) \d|\bresearch/"
    r"|\bI(?:10|[1-9])\b|\bissue \d"
)
PATHS = re.compile(rf"(?<![\w/.:-])(?:{'|'.join(TOP)}|docs|bin)/[\w./-]*\w/?(?![\w<*{{…-])")
FILES = re.compile(r"`([\w-]+\.(?:py|sql|md|lua|toml))`")
MODULES = re.compile(rf"`((?:{'|'.join(TOP)})(?:\.\w+)+)(?:\(\))?`|python -m ((?:{'|'.join(TOP)})[\w.]*)")
DECISIONS = re.compile(r"\bdecision (\d+)")
LINKS = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
COMMANDS = re.compile(r"(?:^|[`(]|\.venv/bin/)(tenantry [a-z]+)", re.MULTILINE)
#: A file that whoever follows a page makes.
MADE = re.compile(r"^cat > (\S+) <<", re.MULTILINE)
HEADINGS = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def test_references_lead_somewhere() -> None:
    here = Path(__file__).relative_to(ROOT)
    lost = [f"{path}: {reference}" for path in READ if path != here for reference in broken(path)]
    assert lost == []


def broken(path: Path) -> Iterator[str]:
    written = text(path)
    there = NONE.keys() | MADE.findall(written)
    yield from OUTSIDE.findall(written)
    yield from (
        found for found in PATHS.findall(written) if found not in there and not (ROOT / found).exists()
    )
    yield from (found for found in FILES.findall(written) if found not in names() | NONE.keys())
    dotted = {found for pair in MODULES.findall(written) for found in pair if found}
    yield from (found for found in dotted - NONE.keys() if not resolves(found))
    yield from (f"decision {found}" for found in DECISIONS.findall(written) if not decision(int(found)))
    yield from {*COMMANDS.findall(written)} - NONE.keys() - commands()
    if path.suffix == ".md":
        yield from (f"{to}#{anchor}" for to, anchor in LINKS.findall(written) if not links(path, to, anchor))


@cache
def names() -> frozenset[str]:
    return frozenset(path.name for path in tracked())


@cache
def commands() -> frozenset[str]:
    return frozenset(re.findall(r"^## (tenantry \w+)", text(Path("docs/reference/cli.md")), re.MULTILINE))


def decision(number: int) -> bool:
    return any((ROOT / "docs" / "decisions").glob(f"{number:04}-*.md"))


def links(page: Path, to: str, anchor: str) -> bool:
    target = (ROOT / page.parent / to).resolve() if to else ROOT / page
    if not target.exists():
        return False
    return not anchor or anchor in anchors(target)


@cache
def anchors(page: Path) -> frozenset[str]:
    """The headings of a page as its addresses name them."""
    found = HEADINGS.findall(page.read_text("utf-8"))
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found)


@cache
def resolves(dotted: str) -> bool:
    """Whether it is a module, or a name at the top of one."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        base = ROOT.joinpath(*parts[:length])
        module = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
        if module.is_file():
            rest = parts[length:]
            return not rest or rest[0] in defined(module)
    return ROOT.joinpath(*parts).is_dir()


@cache
def defined(module: Path) -> frozenset[str]:
    """What a module has at its top, a table of queries included."""
    found = set(
        re.findall(r"^(?:async )?(?:def|class) (\w+)|^(\w+)\b.* = ", module.read_text("utf-8"), re.MULTILINE)
    )
    return frozenset(name for pair in found for name in pair) | imported(module)


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
