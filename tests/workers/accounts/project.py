"""A project with accounts on the test's own servers, and workers that connect and refresh them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from db.pool import run_in_transaction
from domain.accounts import client_registrations, credentials
from domain.accounts.accounts import AccountIdentity
from domain.accounts.client_registrations import OAuthClient, PlatformServerRef
from domain.accounts.credentials import AccountTokens, TokenGrant
from domain.connecting import connect
from jobs.kinds import CONNECT_ACCOUNT_KIND, REFRESH_TOKEN_KIND, REGISTER_OAUTH_CLIENT_KIND, REVOKE_TOKEN_KIND
from platforms.mastodon.description import MASTODON_SCOPES
from tests import leasing, seeds
from tests.social_servers import Fediverse, LoopbackPds, Registered
from tests.workers.runtime.workers import Workers, at_work
from workers.tasks import TASK_OPENER_BY_KIND

BACK = "http://127.0.0.1:8000/v1/social/callback"

KINDS = (CONNECT_ACCOUNT_KIND, REGISTER_OAUTH_CLIENT_KIND, REFRESH_TOKEN_KIND, REVOKE_TOKEN_KIND)


@dataclass
class ConnectingProject:
    workers: Workers
    fediverse: Fediverse
    pds: LoopbackPds
    id: UUID

    @property
    def scope(self) -> dict[str, Any]:
        return {"organization_id": self.workers.org, "project_id": self.id}

    @asynccontextmanager
    async def at_work(self, **settings: Any) -> AsyncIterator[None]:
        """Run a worker of these kinds."""
        allowed = {"fetch_allow": f"{self.fediverse.host},{self.pds.host}"}
        mine = msgspec.structs.replace(self.workers.settings, **allowed | settings)
        async with at_work(mine, self.workers.pool, {kind: TASK_OPENER_BY_KIND[kind] for kind in KINDS}):
            yield

    async def blogger(self, *, refresh_token: str | None = None) -> UUID:
        """Add a Bluesky account with an open session, unless another token is given."""
        session = self.pds.open("shop.example").content
        token = refresh_token or session["refreshJwt"]
        grant = TokenGrant(access_token=session["accessJwt"], refresh_token=token)
        return await self.connected(
            AccountIdentity("bluesky", self.pds.url, session["did"], "shop.example", None, {}), grant
        )

    async def ada(self, **token: Any) -> UUID:
        """Add a Mastodon account with the server's tokens, or others, and the application's registration."""
        await self.registered()
        told = self.fediverse.issue("ada").content
        given = {"access_token": told["access_token"], "refresh_token": told.get("refresh_token")}
        grant = TokenGrant(**given | token, redirect_uri=BACK)
        return await self.connected(AccountIdentity("mastodon", self.fediverse.url, "101", "ada", None, {}), grant)

    async def connected(self, found: AccountIdentity, grant: TokenGrant) -> UUID:
        named: dict[str, Any] = {"api_key_id": None, "found": found, "grant": grant, "keyring": seeds.VAULT}
        return await run_in_transaction(
            self.workers.pool, lambda conn: connect.store_connected_account(conn, **self.scope, **named)
        )

    async def registered(self) -> None:
        """Register the application at Mastodon."""
        self.fediverse.apps["us"] = Registered("secret-client-us", BACK, MASTODON_SCOPES)
        server = PlatformServerRef("mastodon", self.fediverse.url, BACK)
        async with self.workers.pool.acquire() as conn:
            client = OAuthClient("us", "secret-client-us")
            await client_registrations.store_oauth_client(conn, server=server, client=client, keyring=seeds.VAULT)

    async def refresh(self, account_id: UUID) -> UUID:
        """Submit a refresh; return the job's id."""
        submit = partial(credentials.submit_token_refresh, **self.scope, account_id=account_id)
        return (await run_in_transaction(self.workers.pool, submit)).job_id

    async def refreshed(self, account_id: UUID, **settings: str) -> asyncpg.Record:
        """Return the job's row, once a worker has ended it."""
        job_id = await self.refresh(account_id)
        async with self.at_work(**settings):
            return await self.workers.ended(job_id)

    async def tokens(self, account_id: UUID) -> AccountTokens:
        async with self.workers.pool.acquire() as conn:
            return await credentials.read_account_tokens(
                conn, organization_id=self.workers.org, account_id=account_id, keyring=seeds.VAULT
            )

    async def disconnect(self, account_id: UUID, *, org: UUID | None = None) -> None:
        await leasing.disconnect(self.workers.pool, org or self.workers.org, account_id)

    async def revoked(self, account_id: UUID, **settings: str) -> asyncpg.Record:
        """Return the row of the job that revokes the tokens, once it has ended. It stores no secret."""
        await self.disconnect(account_id)
        async with self.at_work(**settings):
            row = await self.workers.ended((await self.revoking())["id"])
        assert await self.count("job_secret") == 0
        return row

    async def revoking(self) -> asyncpg.Record:
        """Return the current row of the job that revokes tokens."""
        (row,) = await self.workers.pool.fetch("select * from job where kind = 'revoke_token'")
        return row

    async def count(self, table: str) -> int:
        return int(await self.workers.pool.fetchval(f"select count(*) from {table}"))

    async def status(self, account_id: UUID) -> str:
        return str(await self.workers.pool.fetchval("select status from social_account where id = $1", account_id))
