"""SQL queries of the operators' pages: each runs, in a read-only transaction."""

import re
from pathlib import Path

import pytest

from db.pool import Conn
from tests.deploy.forms import ROOT

PAGES = [ROOT / "docs" / "howto" / f"{name}.md" for name in ("backup", "incidents", "routine")]
BLOCK = re.compile(r"^```sql\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def select_statements(page: Path) -> list[str]:
    """Return the `select` statements of a page's SQL blocks."""
    blocks = ";".join(BLOCK.findall(page.read_text("utf-8")))
    return [sql for sql in map(str.strip, blocks.split(";")) if sql.startswith("select")]


QUERIES = [
    pytest.param(sql, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, sql in enumerate(select_statements(page))
]


def test_the_pages_have_queries() -> None:
    assert len(QUERIES) > 4


@pytest.mark.parametrize("sql", QUERIES)
async def test_each_documented_query_runs(conn: Conn, sql: str) -> None:
    async with conn.transaction(readonly=True):
        await conn.fetch(sql)
