"""SQL queries of the operators' pages: each runs, in a read-only transaction."""

import re
from pathlib import Path

from db.pool import Conn
from tests.deploy.forms import ROOT

PAGES = [ROOT / "docs" / "howto" / f"{name}.md" for name in ("backup", "incidents", "routine")]
BLOCK = re.compile(r"^```sql\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def select_statements(page: Path) -> list[str]:
    """Return the `select` statements of a page's SQL blocks."""
    blocks = ";".join(BLOCK.findall(page.read_text("utf-8")))
    return [sql for sql in map(str.strip, blocks.split(";")) if sql.startswith("select")]


async def test_each_documented_query_runs(conn: Conn) -> None:
    queries = [sql for page in PAGES for sql in select_statements(page)]
    assert len(queries) > 4
    for sql in queries:
        async with conn.transaction(readonly=True):
            await conn.fetch(sql)
