"""The key that `up` shows: of an organization "Demo", made at the first start and kept for the next ones.

The database holds only a hash of it, so it lies in `.local/` too, for its owner's eyes. Where that key
opens nothing (another database, a killed key) a new organization is made.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

from cli import folder
from cli.processes import answers
from db.pool import Conn, open_pool, transact
from domain import keys, organizations, rings

FILE = folder.FOLDER / "demo"


def demo_key(port: int, settings: Mapping[str, str]) -> str:
    """The API must answer already: it is the one to say whether the kept key is good."""
    kept = folder.read(FILE).get("API_KEY", "")
    if kept and answers(port, "/v1/whoami", {"Authorization": f"Bearer {kept}"}):
        return kept
    fresh = asyncio.run(_made(settings))
    folder.write(FILE, {"API_KEY": fresh})
    return fresh


async def _made(settings: Mapping[str, str]) -> str:
    async with open_pool(settings["DATABASE_URL"], name="tenantry-up", size=1) as pool:
        return await transact(pool, lambda conn: _create(conn, settings["PEPPERS"]))


async def _create(conn: Conn, peppers: str) -> str:
    made = await organizations.create(conn, name="Demo", tier="standard")
    shown = await keys.create(
        conn,
        peppers=rings.parse(peppers, setting="PEPPERS"),
        actor=keys.Actor(made.live, "live", None, keys.EVERY_SCOPE),
        name="bin/up",
        scopes=["*"],
        return_origins=[],
        expires_at=None,
        now=datetime.now(UTC),
    )
    return shown.api_key
