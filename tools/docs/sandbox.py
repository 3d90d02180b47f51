"""Tables of a sandbox's magic inputs, read from the fakes."""

from collections.abc import Iterator

from schemas.errors import SourceNotFound
from tools.docs.table import code, table
from workers.ingest.sandbox import APPS, PAGES, REPOSITORIES, SLOW_S, MagicNames
from workers.platforms.fakes import publish

#: By kind of source: its magic names, their prefix for a caller, and whether `missing` is one of them.
SOURCES: dict[str, tuple[MagicNames, str, bool]] = {
    "website": (PAGES, f"https://{PAGES.prefix}", False),
    "repository": (REPOSITORIES, REPOSITORIES.prefix, True),
    "app": (APPS, APPS.prefix, True),
}


def sources() -> str:
    """Return the table of magic names of sources with the results of their ingests."""
    rows = [
        row
        for kind, (source, begins, absent) in SOURCES.items()
        for row in _ends(kind, source, begins, absent)
    ]
    return table(["source", "input", "the ingest"], rows)


def _ends(kind: str, source: MagicNames, begins: str, absent: bool) -> Iterator[list[str]]:
    for name in sorted(source.ok - {""}):
        how = f"completes, after {SLOW_S:g} s" if name == "slow" else "completes"
        yield [kind, code(begins + name), how]
    for name, (error, _) in source.errors.items():
        yield [kind, code(begins + name), f"fails with {code(error.code)}"]
    other = f"{begins}missing" if absent else f"{begins}anything-else"
    yield [kind, code(other), f"fails with {code(SourceNotFound.code)}"]
    yield [kind, "any other", "completes with a brand derived from the name"]


def handles() -> str:
    """Return the table of magic handles and their results from the fake's docstring."""
    lines = (publish.__doc__ or "").splitlines()
    return "".join(f"{line}\n" for line in lines if line.startswith("|"))
