"""Session of a command: its settings and its database."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

from cli.local.folder import LOCAL_ENV_FILE, read_env_file
from db.pool import Pool, open_postgres_pool
from domain.security.keyring import Keyring, check_keyrings, parse_pepper_and_vault_keyrings
from schemas.setting_values import is_parseable_server_url, split_server_hosts
from schemas.settings import Settings, load_settings

COMMAND_DATABASE_CONNECT_TIMEOUT_S = 10.0

SETTINGS_ADVICE = (
    "set DATABASE_URL, PEPPERS and VAULT_KEYS (and REDIS_URL) as for the API, "
    f"or run this where `bin/up` has written {LOCAL_ENV_FILE}"
)


class CommandDbSession(NamedTuple):
    """Open database with its settings."""

    pool: Pool
    settings: Settings


@asynccontextmanager
async def open_command_session() -> AsyncIterator[CommandDbSession]:
    """Yield a command's session with its settings and an open database pool.

    Raise `SettingsInvalid`, TimeoutError or the errors of `db.pool.open_postgres_pool`.
    """
    settings = read_command_settings()
    async with AsyncExitStack() as stack:
        async with asyncio.timeout(COMMAND_DATABASE_CONNECT_TIMEOUT_S):
            opened = open_postgres_pool(settings.database_url, name="tenantry-cli", size=2)
            pool = await stack.enter_async_context(opened)
        yield CommandDbSession(pool, settings)


async def load_vault_keyring(session: CommandDbSession) -> Keyring:
    """Return the keyring that seals secrets. Raise `SettingsInvalid` if PEPPERS or VAULT_KEYS lacks a key in use."""
    peppers, vault = parse_pepper_and_vault_keyrings(session.settings)
    async with session.pool.acquire() as conn:
        await check_keyrings(conn, peppers=peppers, vault=vault)
    return vault


def read_command_settings() -> Settings:
    """Return a command's settings from `.local/env` and the environment. Raise `SettingsInvalid`."""
    return load_settings(read_command_environment())


def read_command_environment() -> Mapping[str, str]:
    """Return the variables of `.local/env`, overridden by the process's environment.

    If both name different databases, return the process's environment alone: the keys of one database must never be
    used for another.
    """
    local = read_env_file(LOCAL_ENV_FILE)
    same = os.environ.get("DATABASE_URL") in {None, local.get("DATABASE_URL")}
    return {**local, **os.environ} if same else os.environ


def describe_database_address() -> str:
    """Return hosts and ports of the database for a message, and whether they come from `.local/env`."""
    url = read_command_environment().get("DATABASE_URL", "")
    if not is_parseable_server_url(url):
        return "at DATABASE_URL"
    hosts = ", ".join(f"{host.hostname or 'localhost'}:{host.port or 5432}" for host in split_server_hosts(url))
    source = "" if "DATABASE_URL" in os.environ else f" (from {LOCAL_ENV_FILE}: is `bin/up` running?)"
    return f"at {hosts}{source}"
