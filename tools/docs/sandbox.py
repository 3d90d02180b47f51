"""Tables of a sandbox's magic inputs, read from the fakes."""

from collections.abc import Iterator

from schemas.errors import SourceNotFound
from tools.docs.table import backtick_words, markdown_table
from workers.ingest.sandbox import (
    SANDBOX_MAGIC_APP_NAMES,
    SANDBOX_MAGIC_PAGE_NAMES,
    SANDBOX_MAGIC_REPOSITORY_NAMES,
    SLOW_SANDBOX_INGEST_S,
    SandboxMagicNames,
)
from workers.platforms.fakes import publish

#: By kind of source: its magic names, their prefix for a caller, and whether `missing` is one of them.
MAGIC_NAMES_BY_SANDBOX_INGEST_SOURCE: dict[str, tuple[SandboxMagicNames, str, bool]] = {
    "website": (SANDBOX_MAGIC_PAGE_NAMES, f"https://{SANDBOX_MAGIC_PAGE_NAMES.prefix}", False),
    "repository": (SANDBOX_MAGIC_REPOSITORY_NAMES, SANDBOX_MAGIC_REPOSITORY_NAMES.prefix, True),
    "app": (SANDBOX_MAGIC_APP_NAMES, SANDBOX_MAGIC_APP_NAMES.prefix, True),
}


def render_sandbox_source_inputs() -> str:
    """Return the Markdown table of a sandbox's magic sources with the results of their ingests."""
    rows = [
        row
        for kind, (source, begins, absent) in MAGIC_NAMES_BY_SANDBOX_INGEST_SOURCE.items()
        for row in _yield_sandbox_ingest_doc_rows(kind, source, begins, absent)
    ]
    return markdown_table(["source", "input", "the ingest"], rows)


def _yield_sandbox_ingest_doc_rows(
    kind: str, source: SandboxMagicNames, begins: str, absent: bool
) -> Iterator[list[str]]:
    for name in sorted(source.ok - {""}):
        how = f"completes, after {SLOW_SANDBOX_INGEST_S:g} s" if name == "slow" else "completes"
        yield [kind, backtick_words(begins + name), how]
    for name, (error, _) in source.errors.items():
        yield [kind, backtick_words(begins + name), f"fails with {backtick_words(error.code)}"]
    other = f"{begins}missing" if absent else f"{begins}anything-else"
    yield [kind, backtick_words(other), f"fails with {backtick_words(SourceNotFound.code)}"]
    yield [kind, "any other", "completes with a brand derived from the name"]


def render_sandbox_handle_table() -> str:
    """Return the table of magic handles and their results from the fake's docstring."""
    lines = (publish.__doc__ or "").splitlines()
    return "".join(f"{line}\n" for line in lines if line.startswith("|"))
