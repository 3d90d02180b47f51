"""Tables of what a sandbox makes of its inputs, from the fakes themselves."""

from collections.abc import Iterator

from docs.make.table import code, table
from schemas.errors import SourceNotFound
from workers.ingest.sandbox import APPS, PAGES, REPOSITORIES, SLOW_S, Source
from workers.platforms.fakes import publish

#: By kind of source: its magic names, how they begin for a caller, and whether one of them is `missing`.
SOURCES: dict[str, tuple[Source, str, bool]] = {
    "website": (PAGES, f"https://{PAGES.prefix}", False),
    "repository": (REPOSITORIES, REPOSITORIES.prefix, True),
    "app": (APPS, APPS.prefix, True),
}


def sources() -> str:
    """Each magic name of a website, a repository or an app, and how its ingest ends."""
    rows = [
        row
        for kind, (source, begins, absent) in SOURCES.items()
        for row in _ends(kind, source, begins, absent)
    ]
    return table(["source", "input", "the ingest"], rows)


def _ends(kind: str, source: Source, begins: str, absent: bool) -> Iterator[list[str]]:
    for name in sorted(source.ok - {""}):
        how = f"completes, after {SLOW_S:g} s" if name == "slow" else "completes"
        yield [kind, code(begins + name), how]
    for name, (error, _) in source.errors.items():
        yield [kind, code(begins + name), f"fails with {code(error.code)}"]
    other = f"{begins}missing" if absent else f"{begins}anything-else"
    yield [kind, code(other), f"fails with {code(SourceNotFound.code)}"]
    yield [kind, "any other", "completes with a brand that follows from the name alone"]


def handles() -> str:
    """Each magic handle of an account, and what becomes of its posts: the table of the fake's docstring."""
    lines = (publish.__doc__ or "").splitlines()
    return "".join(f"{line}\n" for line in lines if line.startswith("|"))
