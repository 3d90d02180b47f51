"""Races of own captions with approvals, edits and schedules: only approved captions are sent."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest_asyncio

from db.pool import Conn, Pool, run_in_transaction
from domain.publishing import captions
from schemas.errors import StateConflict
from tests.domain.content import reviewing
from tests.domain.project import Project
from tests.domain.publishing import post_scene as scene


@pytest_asyncio.fixture
async def project(conn: Conn, project: Project) -> Project:
    return await scene.fill(conn, project, accounts=2)


async def test_no_unapproved_caption_is_sent(wide: Pool, conn: Conn, project: Project) -> None:
    """Two reviewers decide once each, on the content and on each post, while a writer edits."""
    later, approved = datetime.now(UTC) + timedelta(hours=1), set[str]()
    decided = released = 0

    async def approve(content_id: UUID) -> None:
        verb = partial(reviewing.approve, project=project, content_id=content_id)
        approved.add((await run_in_transaction(wide, verb)).caption)

    async def approve_caption(post_id: UUID, caption: str) -> None:
        verb = partial(captions.approve_post_caption, organization_id=project.org, post_id=post_id, api_key_id=None)
        await run_in_transaction(wide, partial(verb, note=None, now=datetime.now(UTC)))
        approved.add(caption)

    for number in range(20):
        content_id = await scene.pending(conn, project, f"Version {number}.")
        own = partial(scene.schedule, project=project, at=later, content_id=content_id)
        posts = await own(conn, target={"caption_override": f"Mine {number}."})
        racers: list[Callable[[], Awaitable[Any]]] = [
            partial(approve, content_id),
            partial(approve, content_id),
            *[partial(approve_caption, post_id, f"Mine {number}.") for post_id in posts[:1] * 2],
            partial(run_in_transaction, wide, partial(own, target={"caption_override": f"Other {number}."})),
            partial(run_in_transaction, wide, partial(own, target={"caption_override": f"Version {number}."})),
            partial(
                run_in_transaction,
                wide,
                partial(reviewing.edit, project=project, content_id=content_id, caption=f"Edited {number}."),
            ),
        ]
        random.shuffle(racers)
        came = await asyncio.gather(*[racer() for racer in racers], return_exceptions=True)
        refused = [one for one in came if isinstance(one, BaseException)]
        assert {type(one) for one in refused} <= {StateConflict}
        decided += len(refused)
        out = set(await scene.captions_out(conn))
        assert out <= approved, out - approved
        released += bool(out)
    assert decided > 20 < 20 + released
    assert await scene.unfinished(conn) == []
