"""A project with content and accounts, and the requests of partners."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from db.pool import Pool
from jobs.kinds import PUBLISH_POST_KIND
from jobs.ledger import JobClaim
from schemas import ids
from tests import seeds
from tests.api.conftest import read_answer, uuid_of
from tests.api.participants import Participants


@dataclass
class PostsProject(Participants):
    """Acme's project in New York; `clock` is the API's."""

    id: UUID

    @property
    def org(self) -> UUID:
        return self.acme.organization_id

    @property
    def list_path(self) -> str:
        return f"/v1/projects/{ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, self.id)}/scheduled-posts"

    async def content(self, caption: str = "Fresh bread today.", **columns: Any) -> str:
        """Insert completed content; `columns` are set on its row."""
        async with self.pool.acquire() as conn:
            content_id = await seeds.content(conn, self.org, self.id)
            for name, value in {"caption": caption, **columns}.items():
                await conn.execute(f"update content_item set {name} = $1 where id = $2", value, content_id)
        return ids.format_prefixed_id(ids.CONTENT_ID_PREFIX, content_id)

    async def account(self, handle: str = "shop", *, project_id: UUID | None = None, **fields: Any) -> str:
        async with self.pool.acquire() as conn:
            where = project_id or self.id
            return ids.format_prefixed_id(
                ids.ACCOUNT_ID_PREFIX, await seeds.account(conn, self.org, where, handle=handle, **fields)
            )

    async def accounts(self, count: int) -> list[str]:
        return [await self.account(f"shop{number}") for number in range(count)]

    def time_ahead(self, **ahead: float) -> str:
        """Return a `scheduledFor`, by default an hour ahead."""
        at = self.clock() + timedelta(**ahead or {"hours": 1})
        return at.isoformat().replace("+00:00", "Z")

    async def schedule(self, content: str, *accounts: str, **body: Any) -> httpx.Response:
        """Schedule content, by default in an hour."""
        asked: dict[str, Any] = {"targets": [{"socialAccountId": account} for account in accounts]} | body
        if not asked.keys() & {"scheduledFor", "localTime"}:
            asked["scheduledFor"] = self.time_ahead()
        return await self.acme.http.post(f"/v1/content/{content}/schedule", json=asked)

    async def publish(self, content: str, *accounts: str, **body: Any) -> httpx.Response:
        asked = {"targets": [{"socialAccountId": account} for account in accounts]} | body
        return await self.acme.http.post(f"/v1/content/{content}/publish", json=asked)

    async def schedule_new(self, **body: Any) -> str:
        """Schedule new content to a new account, and return the post's id."""
        number = await self.pool.fetchval("select count(*) from social_account")
        answer = await self.schedule(await self.content(), await self.account(f"own{number}"), **body)
        return str(read_answer(answer, 202)["scheduledPosts"][0]["id"])

    async def post(self, post_id: str) -> dict[str, Any]:
        return read_answer(await self.acme.http.get(f"/v1/scheduled-posts/{post_id}"))

    async def job(self, post_id: str) -> dict[str, Any]:
        """Return the row of the post's job."""
        row = await self.pool.fetchrow(
            "select j.* from scheduled_post p join job j on j.id = p.job_id where p.id = $1", uuid_of(post_id)
        )
        assert row is not None
        return dict(row)

    async def reschedule(self, post_id: str, **body: Any) -> httpx.Response:
        return await self.acme.http.post(f"/v1/scheduled-posts/{post_id}/reschedule", json=body)

    async def cancel(self, post_id: str, **given: Any) -> httpx.Response:
        return await self.acme.http.request("DELETE", f"/v1/scheduled-posts/{post_id}", **given)

    async def resolve(self, post_id: str, **body: Any) -> httpx.Response:
        return await self.acme.http.post(f"/v1/scheduled-posts/{post_id}/resolve", json=body)

    async def set_columns(self, post_id: str, **columns: Any) -> None:
        """Write a post's row, bypassing all rules."""
        for name in columns:
            assert name.isidentifier()
        assigned = ", ".join(f"{name} = ${number}" for number, name in enumerate(columns, 2))
        await self.pool.execute(
            f"update scheduled_post set {assigned} where id = $1", uuid_of(post_id), *columns.values()
        )

    async def events(self, post_id: str) -> list[tuple[str, dict[str, Any]]]:
        rows = await self.pool.fetch(
            "select type, details from post_event where post_id = $1 order by id", uuid_of(post_id)
        )
        return [(row["type"], row["details"]) for row in rows]


def parse_instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


async def claim_due_job(pool: Pool) -> JobClaim:
    """Claim the one due job as a worker."""
    async with pool.acquire() as conn:
        [claim] = await seeds.claims(conn, PUBLISH_POST_KIND)
    return claim
