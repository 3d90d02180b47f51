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
from cli.local.processes import probe_local_server_for_error
from db.pool import Conn, open_postgres_pool, run_in_transaction
from domain.security.keyring import Keyring, parse_keyring
from domain.tenancy import api_keys, organizations
from schemas.api_keys import ApiKeyEnv
from schemas.base import ResponseStruct
from schemas.errors import LocalServerUnavailable


class DemoApiKeys(NamedTuple):
    live: str
    test: str


def load_or_create_demo_keys(port: int, settings: Mapping[str, str]) -> DemoApiKeys:
    """Return the stored API keys if the API accepts both, else create and store those of a new organization."""
    stored = folder.read_env_file(folder.DEMO_KEYS_FILE)
    keys = DemoApiKeys(stored.get("API_KEY", ""), stored.get("TEST_KEY", ""))
    if all(_is_api_key_accepted(port, key) for key in keys):
        return keys
    created = asyncio.run(_create_demo_organization_and_keys(settings))
    folder.write_env_file(folder.DEMO_KEYS_FILE, {"API_KEY": created.live, "TEST_KEY": created.test})
    return created


class DemoApiKeysAndAddress(ResponseStruct, frozen=True):
    """Keys of the organization "Demo", and the address of its API."""

    api: str
    api_key: str
    test_key: str


def read_demo_keys_and_address() -> DemoApiKeysAndAddress:
    """Return the API keys and address that `up` stored in this folder. Raise `LocalServerUnavailable` without any."""
    stored, settings = (folder.read_env_file(folder.DEMO_KEYS_FILE), folder.read_env_file(folder.LOCAL_ENV_FILE))
    if not stored:
        raise LocalServerUnavailable(
            f"{folder.DEMO_KEYS_FILE.absolute()} doesn't exist: run this in the folder where `bin/up` was started"
        )
    return DemoApiKeysAndAddress(
        api=f"{settings.get('PUBLIC_URL', '')}/v1", api_key=stored["API_KEY"], test_key=stored["TEST_KEY"]
    )


def _is_api_key_accepted(port: int, key: str) -> bool:
    return bool(key) and not probe_local_server_for_error(port, "/v1/whoami", {"Authorization": f"Bearer {key}"})


async def _create_demo_organization_and_keys(settings: Mapping[str, str]) -> DemoApiKeys:
    async with open_postgres_pool(settings["DATABASE_URL"], name="tenantry-up", size=1) as pool:
        return await run_in_transaction(pool, lambda conn: _insert_demo_org_and_keys(conn, settings["PEPPERS"]))


async def _insert_demo_org_and_keys(conn: Conn, peppers: str) -> DemoApiKeys:
    pair, keyring = (
        await organizations.insert_organization_pair(conn, name="Demo", tier="standard"),
        parse_keyring(peppers, setting="PEPPERS"),
    )
    return DemoApiKeys(
        await _insert_demo_api_key(conn, keyring, pair.live, "live"),
        await _insert_demo_api_key(conn, keyring, pair.sandbox, "test"),
    )


async def _insert_demo_api_key(conn: Conn, peppers: Keyring, organization_id: UUID, env: ApiKeyEnv) -> str:
    key = await api_keys.insert_api_key(
        conn,
        peppers=peppers,
        actor=api_keys.Actor(organization_id, env, None, api_keys.ALL_API_KEY_SCOPES),
        name="bin/up",
        scopes=["*"],
        return_origins=[],
        expires_at=None,
        now=datetime.now(UTC),
    )
    return key.api_key
