"""Keys of `up`: of an organization "Demo" and of its sandbox, created at the first start and stored.

The database has only their hashes, so `.local/demo` stores them too, with mode 0600. No other key
is ever written there. If a stored key is invalid (another database, a killed key), `up` creates a new
organization.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from cli.local import folder
from cli.local.processes import returns_200
from db.pool import Conn, open_pool, transact
from domain.security.keyring import Keyring, parse_keyring
from domain.tenancy import api_keys, organizations
from schemas.api_keys import Env
from schemas.base import Out
from schemas.errors import LocalUnavailable


class DemoKeys(NamedTuple):
    live: str
    test: str


def demo_keys(port: int, settings: Mapping[str, str]) -> DemoKeys:
    """Return the stored keys if the running API accepts them, else create and store new ones."""
    stored = folder.read(folder.DEMO)
    keys = DemoKeys(stored.get("API_KEY", ""), stored.get("TEST_KEY", ""))
    if all(_is_key_accepted(port, key) for key in keys):
        return keys
    created = asyncio.run(_create_in_database(settings))
    folder.write(folder.DEMO, {"API_KEY": created.live, "TEST_KEY": created.test})
    return created


class LocalKeys(Out, frozen=True):
    """Keys of the organization "Demo", and the address of its API."""

    api: str
    api_key: str
    test_key: str


def read_stored_keys() -> LocalKeys:
    """Read the keys that `up` stored in the current folder. Raise `LocalUnavailable` without any."""
    stored, settings = folder.read(folder.DEMO), folder.read(folder.LOCAL)
    if not stored:
        raise LocalUnavailable(
            f"{folder.DEMO.absolute()} doesn't exist: run this in the folder where `bin/up` was started"
        )
    return LocalKeys(
        api=f"{settings.get('PUBLIC_URL', '')}/v1", api_key=stored["API_KEY"], test_key=stored["TEST_KEY"]
    )


def _is_key_accepted(port: int, key: str) -> bool:
    return bool(key) and returns_200(port, "/v1/whoami", {"Authorization": f"Bearer {key}"})


async def _create_in_database(settings: Mapping[str, str]) -> DemoKeys:
    async with open_pool(settings["DATABASE_URL"], name="tenantry-up", size=1) as pool:
        return await transact(pool, lambda conn: _create(conn, settings["PEPPERS"]))


async def _create(conn: Conn, peppers: str) -> DemoKeys:
    pair, keyring = (
        await organizations.create(conn, name="Demo", tier="standard"),
        parse_keyring(peppers, setting="PEPPERS"),
    )
    return DemoKeys(
        await _create_key(conn, keyring, pair.live, "live"),
        await _create_key(conn, keyring, pair.sandbox, "test"),
    )


async def _create_key(conn: Conn, peppers: Keyring, organization_id: UUID, env: Env) -> str:
    key = await api_keys.create(
        conn,
        peppers=peppers,
        actor=api_keys.Actor(organization_id, env, None, api_keys.EVERY_SCOPE),
        name="bin/up",
        scopes=["*"],
        return_origins=[],
        expires_at=None,
        now=datetime.now(UTC),
    )
    return key.api_key
