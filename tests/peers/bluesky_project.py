"""A partner's customer with an account on Bluesky's own server, through our API and worker."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from db.pool import Pool
from domain.accounts import credentials
from domain.accounts.credentials import AccountTokens, TokenGrant
from schemas import ids
from tests import seeds
from tests.api.conftest import ApiCaller
from tests.peers.pds import Pds, PdsPerson
from tests.waiting import PATIENCE_S, eventually
from tests.workers.runtime.workers import Workers, running
from workers.dispatcher.loop import Dispatcher
from workers.tasks import open_pool_tasks


class BlueskyProject(msgspec.Struct, frozen=True):
    acme: ApiCaller
    workers: Workers
    pds: Pds
    person: PdsPerson
    project_id: str

    def at_work(self, *more: str) -> AbstractAsyncContextManager[None]:
        """Run a worker that may also connect to these addresses."""
        hosts = [base.removeprefix("http://") for base in (self.pds.base, *more)]
        return at_work(self.workers, fetch_allow=",".join(hosts))

    async def call(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        answer = await self.acme.http.request(method, f"/v1{path}", json=body or None)
        assert answer.is_success, answer.text
        return dict(answer.json())

    async def job(self, job_id: str) -> dict[str, Any]:
        """Wait until the job has ended."""
        job: dict[str, Any] = {"status": "running"}
        while job["status"] == "running":
            job = await self.call("GET", f"/jobs/{job_id}?wait=30")
        return job

    async def log_in(self, **changed: str) -> dict[str, Any]:
        """Connect by app password; return the ended job."""
        login = {"identifier": self.person.handle, "appPassword": self.person.app_password} | changed
        path = f"/projects/{self.project_id}/social-accounts"
        response = await self.call("POST", path, platform="bluesky", serviceUrl=self.pds.base, **login)
        return await self.job(response["jobId"])

    async def account(self) -> str:
        """Connect by app password; return the account's id."""
        job = await self.log_in()
        assert job["status"] == "completed", job
        return str(job["result"]["socialAccountId"])

    async def content(self, caption: str, *images: bytes) -> str:
        files = [("file", (f"{number}.png", image, "image/png")) for number, image in enumerate(images)]
        url = f"/v1/projects/{self.project_id}/content/upload"
        answer = await self.acme.http.post(url, files=[("caption", (None, caption)), *files])
        assert answer.is_success, answer.text
        return str(answer.json()["id"])

    async def send(self, account_id: str, caption: str, *images: bytes, **when: Any) -> dict[str, Any]:
        """Schedule a post for now, or for `when`; return its id and its job's."""
        content_id = await self.content(caption, *images)
        targets = [{"socialAccountId": account_id}]
        verb = "schedule" if when else "publish"
        made = await self.call("POST", f"/content/{content_id}/{verb}", targets=targets, **when)
        return dict(made["scheduledPosts"][0])

    async def post(self, sent: dict[str, Any]) -> dict[str, Any]:
        return await self.call("GET", f"/scheduled-posts/{sent['id']}")

    async def ended(self, sent: dict[str, Any]) -> dict[str, Any]:
        """Wait until the post's job has ended; return the post."""
        await self.job(sent["jobId"])
        return await self.post(sent)

    async def send_all(self, account_id: str, captions: Sequence[str]) -> None:
        """Publish posts directly in the database, past the API's limits; wait until all are published."""
        account, project = self.place(account_id)["account_id"], seeds.parse_id(ids.PROJECT_ID_PREFIX, self.project_id)
        async with self.workers.pool.acquire() as conn:
            for caption in captions:
                content_id = await seeds.content(conn, self.acme.organization_id, project, caption=caption)
                await seeds.post(conn, self.acme.organization_id, content_id, account)

        await all_published(self.workers.pool, len(captions))

    async def closed(self) -> None:
        """Wait until the account needs a new login."""
        question = "select exists (select from social_account where status = 'reauth_required')"

        async def is_closed() -> bool:
            return bool(await self.workers.pool.fetchval(question))

        await eventually(is_closed)

    async def tokens(self, account_id: str) -> AccountTokens:
        async with self.workers.pool.acquire() as conn:
            return await credentials.read_account_tokens(conn, **self.place(account_id), keyring=seeds.VAULT)

    async def put(self, account_id: str, grant: TokenGrant) -> None:
        """Replace the account's tokens."""
        async with self.workers.pool.acquire() as conn:
            await credentials.store_tokens_at_connect(conn, **self.place(account_id), grant=grant, keyring=seeds.VAULT)

    def place(self, account_id: str) -> dict[str, UUID]:
        return {
            "organization_id": self.acme.organization_id,
            "account_id": seeds.parse_id(ids.ACCOUNT_ID_PREFIX, account_id),
        }

    async def expire(self) -> None:
        """Expire the access token in our database."""
        await self.workers.pool.execute("update account_credential set expires_at = now() - interval '1 minute'")

    async def let_pass(self, time: timedelta) -> None:
        """Move the posts' scheduled times into the past."""
        pool = self.workers.pool
        await pool.execute("update scheduled_post set scheduled_for = scheduled_for - $1::interval", time)
        await pool.execute("update job set run_at = run_at - $1::interval where kind = 'publish_post'", time)

    async def move(self, base: str) -> None:
        """Route every account through another address."""
        await self.workers.pool.execute("update social_account set service_url = $1", base)


@asynccontextmanager
async def at_work(workers: Workers, **changes: Any) -> AsyncIterator[None]:
    """Run a dispatcher, and a worker with the real publish tasks."""
    settings = msgspec.structs.replace(workers.settings, **changes)
    async with (
        open_pool_tasks(settings, "publish") as tasks,
        workers.working_kinds(tasks),
        running(Dispatcher(settings, workers.courier)),
    ):
        yield


async def all_published(pool: Pool, count: int) -> None:
    async def all_are() -> bool:
        question = "select count(*) from scheduled_post where status = 'published'"
        return bool(await pool.fetchval(question) == count)

    await eventually(all_are, within=2 * PATIENCE_S)
