"""A project with accounts on servers of the test's own, and workers that connect and refresh them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from db.pool import Conn, transact
from domain.accounts import client_registrations, credentials
from domain.accounts.accounts import Found
from domain.accounts.client_registrations import Client, Server
from domain.accounts.credentials import Grant, Tokens
from domain.connecting import connect
from jobs.kinds import CONNECT_ACCOUNT, REFRESH_TOKEN, REGISTER_APP, REVOKE_TOKEN
from tests import seeds
from tests.social_servers import Fediverse, Pds, Registered
from tests.workers.runtime.workers import Workers, at_work
from workers.tasks import connect_account, refresh_token, register_app, revoke_token

BACK = "http://127.0.0.1:8000/v1/social/callback"

OPENERS = {
    CONNECT_ACCOUNT: connect_account.open_task,
    REGISTER_APP: register_app.open_task,
    REFRESH_TOKEN: refresh_token.open_task,
    REVOKE_TOKEN: revoke_token.open_task,
}


@dataclass
class Project:
    workers: Workers
    fediverse: Fediverse
    pds: Pds
    id: UUID

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """A worker of these kinds."""
        allowed = f"{self.fediverse.host},{self.pds.host}"
        settings = msgspec.structs.replace(self.workers.settings, fetch_allow=allowed)
        async with at_work(settings, self.workers.pool, OPENERS):
            yield

    async def blogger(self, *, handle: str = "shop.example", refresh_token: str | None = None) -> UUID:
        """A Bluesky account with a session that is open, unless another token is given."""
        session = self.pds.open(handle).content
        token = refresh_token or session["refreshJwt"]
        grant = Grant(access_token=session["accessJwt"], refresh_token=token)
        found = Found("bluesky", self.pds.url, session["did"], handle, None, {})
        return await self.connected(found, grant)

    async def ada(self, **token: Any) -> UUID:
        """A Mastodon account with the tokens that the server gave, or others."""
        told = self.fediverse.issue("ada").content
        grant = Grant(
            **{"access_token": told["access_token"], "refresh_token": told.get("refresh_token")} | token,
            redirect_uri=BACK,
        )
        found = Found("mastodon", self.fediverse.url, "101", "ada", None, {})
        return await self.connected(found, grant)

    async def connected(self, found: Found, grant: Grant) -> UUID:
        async def write(conn: Conn) -> UUID:
            where = {"organization_id": self.workers.org, "project_id": self.id}
            return await connect.connect(
                conn, **where, api_key_id=None, found=found, grant=grant, keyring=seeds.VAULT
            )

        return await transact(self.workers.pool, write)

    async def registered(self) -> None:
        """We are known to Mastodon."""
        self.fediverse.apps["us"] = Registered("secret-client-us", BACK, client_registrations.SCOPES)
        server = Server("mastodon", self.fediverse.url, BACK)
        async with self.workers.pool.acquire() as conn:
            client = Client("us", "secret-client-us")
            await client_registrations.keep(conn, server=server, client=client, keyring=seeds.VAULT)

    async def refresh(self, account_id: UUID) -> UUID:
        """The job."""

        async def submit(conn: Conn) -> UUID:
            where = {"organization_id": self.workers.org, "project_id": self.id}
            return (await credentials.refresh(conn, **where, account_id=account_id)).job_id

        return await transact(self.workers.pool, submit)

    async def refreshed(self, account_id: UUID) -> asyncpg.Record:
        """The job's row, once it has ended."""
        return await self.workers.ended(await self.refresh(account_id))

    async def tokens(self, account_id: UUID) -> Tokens:
        async with self.workers.pool.acquire() as conn:
            return await credentials.open(
                conn, organization_id=self.workers.org, account_id=account_id, keyring=seeds.VAULT
            )

    async def disconnect(self, account_id: UUID) -> None:
        where = {"organization_id": self.workers.org, "account_id": account_id}
        await transact(
            self.workers.pool,
            lambda conn: connect.disconnect(conn, **where, api_key_id=None, keyring=seeds.VAULT),
        )

    async def status(self, account_id: UUID) -> str:
        found: str = await self.workers.pool.fetchval(
            "select status from social_account where id = $1", account_id
        )
        return found

    async def audited(self) -> list[str]:
        rows = await self.workers.pool.fetch("select action from audit_log order by id")
        return [row["action"] for row in rows]
