"""`python -m tests.chaos.publisher`: a real publish worker with pause points.

An account's handle names the point at which its posts create a file and wait for the file `go`, in the folder
of `CHAOS_FOLDER`.
"""

import os
from functools import partial
from pathlib import Path

import uvloop

from domain.publishing.outgoing import PostingAccountWithAccessToken
from jobs.kinds import PUBLISH_POST_KIND, RECONCILE_POST_KIND
from schemas.settings import load_settings
from telemetry import logs
from tests.chaos.fleet import LONG_S
from tests.waiting import eventually
from workers.platforms.contract import (
    AcceptedPost,
    LivePost,
    PlatformAdapter,
    PostInquiry,
    PostPrepareResult,
    PostToPublish,
    ReconcileResult,
    SendResult,
)
from workers.platforms.registry import open_platform_adapters
from workers.resources import open_worker_resources
from workers.runtime.worker import serve_worker
from workers.tasks.publish_post import publish_post
from workers.tasks.reconcile_post import reconcile_post

BEFORE_MARK, MARKED, CALLED, ANSWERED, ACCEPTED = "before_mark", "marked", "called", "answered", "accepted"


class Pausing:
    """Adapter that can pause; at `ACCEPTED` its post counts as accepted and is polled."""

    def __init__(self, inner: PlatformAdapter, folder: Path) -> None:
        self.inner, self.folder = inner, folder

    async def reach(self, account: PostingAccountWithAccessToken, point: str) -> None:
        if account.handle == point:
            (self.folder / point).touch()
            await eventually(self.may_go, within=LONG_S)

    async def may_go(self) -> bool:
        return (self.folder / "go").exists()

    def may_repeat_send_safely(self, account: PostingAccountWithAccessToken, inquiry: PostInquiry) -> bool:
        return self.inner.may_repeat_send_safely(account, inquiry)

    async def prepare(
        self, account: PostingAccountWithAccessToken, draft: PostToPublish, so_far: PostPrepareResult | None = None
    ) -> PostPrepareResult:
        prepared = await self.inner.prepare(account, draft, so_far)
        await self.reach(account, BEFORE_MARK)
        return prepared

    async def send(
        self,
        account: PostingAccountWithAccessToken,
        prepared: PostPrepareResult,
        draft: PostToPublish,
        *,
        timeout_s: float,
    ) -> SendResult:
        await self.reach(account, MARKED)
        sent = await self.inner.send(account, prepared, draft, timeout_s=timeout_s)
        await self.reach(account, ANSWERED)
        return AcceptedPost(handle=prepared.handle, after_s=0) if account.handle == ACCEPTED else sent

    async def poll(self, account: PostingAccountWithAccessToken, inquiry: PostInquiry) -> SendResult:
        await self.reach(account, ACCEPTED)
        found = await self.inner.reconcile(account, inquiry)
        assert isinstance(found, LivePost)
        return found

    async def reconcile(self, account: PostingAccountWithAccessToken, inquiry: PostInquiry) -> ReconcileResult:
        return await self.inner.reconcile(account, inquiry)


async def main() -> None:
    settings = load_settings(os.environ)
    logs.configure_logging(process=f"publisher-{os.getpid()}", level="info")
    async with open_worker_resources(settings) as resources:
        platforms = await open_platform_adapters(resources)
        folder = Path(os.environ["CHAOS_FOLDER"])
        pausing = {name: Pausing(adapter, folder) for name, adapter in platforms.adapters.items()}
        ours = platforms._replace(adapters=pausing)
        tasks = {
            PUBLISH_POST_KIND: partial(publish_post, platforms=ours),
            RECONCILE_POST_KIND: partial(reconcile_post, platforms=ours),
        }
        await serve_worker(settings, PUBLISH_POST_KIND.pool, tasks)


if __name__ == "__main__":
    uvloop.run(main())
