"""`python -m tests.chaos.publisher`: a real publish worker with pause points.

An account's handle names the point at which its posts create a file and wait for the file `go`, in the folder
of `CHAOS_FOLDER`.
"""

import os
from functools import partial
from pathlib import Path

import uvloop

from domain.publishing.outgoing import PostingAccount
from jobs.kinds import PUBLISH_POST, RECONCILE_POST
from schemas.settings import from_env
from telemetry import logs
from tests.chaos.fleet import LONG_S
from tests.waiting import eventually
from workers.platforms.contract import (
    AcceptedPost,
    Adapter,
    Inquiry,
    LivePost,
    PostDraft,
    PreparedPost,
    ReconcileResult,
    SendResult,
)
from workers.platforms.registry import open_platforms
from workers.resources import open_resources
from workers.runtime.worker import serve
from workers.tasks.publish_post import publish_post
from workers.tasks.reconcile_post import reconcile_post

BEFORE_MARK, MARKED, CALLED, ANSWERED, ACCEPTED = "before_mark", "marked", "called", "answered", "accepted"


class Pausing:
    """Adapter that can pause; at `ACCEPTED` its post counts as accepted and is polled."""

    def __init__(self, inner: Adapter, folder: Path) -> None:
        self.inner, self.folder = inner, folder

    async def reach(self, account: PostingAccount, point: str) -> None:
        if account.handle == point:
            (self.folder / point).touch()
            await eventually(self.may_go, within=LONG_S)

    async def may_go(self) -> bool:
        return (self.folder / "go").exists()

    def repeatable(self, account: PostingAccount, inquiry: Inquiry) -> bool:
        return self.inner.repeatable(account, inquiry)

    async def prepare(
        self, account: PostingAccount, draft: PostDraft, so_far: PreparedPost | None = None
    ) -> PreparedPost:
        prepared = await self.inner.prepare(account, draft, so_far)
        await self.reach(account, BEFORE_MARK)
        return prepared

    async def send(
        self, account: PostingAccount, prepared: PreparedPost, draft: PostDraft, *, timeout_s: float
    ) -> SendResult:
        await self.reach(account, MARKED)
        sent = await self.inner.send(account, prepared, draft, timeout_s=timeout_s)
        await self.reach(account, ANSWERED)
        return AcceptedPost(handle=prepared.handle, after_s=0) if account.handle == ACCEPTED else sent

    async def poll(self, account: PostingAccount, inquiry: Inquiry) -> SendResult:
        await self.reach(account, ACCEPTED)
        found = await self.inner.reconcile(account, inquiry)
        assert isinstance(found, LivePost)
        return found

    async def reconcile(self, account: PostingAccount, inquiry: Inquiry) -> ReconcileResult:
        return await self.inner.reconcile(account, inquiry)


async def main() -> None:
    settings = from_env(os.environ)
    logs.configure(process=f"publisher-{os.getpid()}", level="info")
    async with open_resources(settings) as resources:
        platforms = await open_platforms(resources)
        folder = Path(os.environ["CHAOS_FOLDER"])
        pausing = {name: Pausing(adapter, folder) for name, adapter in platforms.adapters.items()}
        ours = platforms._replace(adapters=pausing)
        tasks = {
            PUBLISH_POST: partial(publish_post, platforms=ours),
            RECONCILE_POST: partial(reconcile_post, platforms=ours),
        }
        await serve(settings, PUBLISH_POST.pool, tasks)


if __name__ == "__main__":
    uvloop.run(main())
