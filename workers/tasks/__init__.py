"""The tasks of all kinds of job: one file a kind, and this table.

A file has the task, from a `Context` to an outcome, and `open_task`, which opens what it needs, once for a
worker.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TypeAlias

from jobs.kinds import (
    ADVANCE_CLOCK,
    ARCHIVE_PROJECT,
    COLLECT_METRICS,
    CONNECT_ACCOUNT,
    CONNECT_GITHUB,
    CONTENT_GENERATE,
    DELIVER_WEBHOOK,
    FETCH_APP_MEDIA,
    INFLUENCER_CREATE,
    INGEST_APPSTORE,
    INGEST_GITHUB,
    INGEST_WEBSITE,
    LIST_GITHUB_REPOS,
    MAKE_POSTER,
    PUBLISH_POST,
    PURGE_PROJECT,
    RECONCILE_POST,
    REFRESH_TOKEN,
    REGISTER_APP,
    RELAY_CONVERSIONS,
    REVOKE_TOKEN,
    VERIFY_TRACKING,
    Kind,
)
from schemas.settings import Settings
from workers.resources import Resources, open_resources
from workers.runtime.runner import Task, Tasks
from workers.tasks import (
    advance_clock,
    archive_project,
    collect_metrics,
    connect_account,
    connect_github,
    content_generate,
    deliver_webhook,
    fetch_app_media,
    influencer_create,
    ingest_appstore,
    ingest_github,
    ingest_website,
    list_github_repos,
    make_poster,
    publish_post,
    purge_project,
    reconcile_post,
    refresh_token,
    register_app,
    relay_conversions,
    revoke_token,
    verify_tracking,
)

#: Makes a kind's task, with what it needs for as long as the worker runs.
Opener: TypeAlias = Callable[[Resources], Awaitable[Task]]

OPENERS: Mapping[Kind, Opener] = {
    INGEST_WEBSITE: ingest_website.open_task,
    INGEST_GITHUB: ingest_github.open_task,
    INGEST_APPSTORE: ingest_appstore.open_task,
    FETCH_APP_MEDIA: fetch_app_media.open_task,
    CONNECT_GITHUB: connect_github.open_task,
    LIST_GITHUB_REPOS: list_github_repos.open_task,
    CONTENT_GENERATE: content_generate.open_task,
    INFLUENCER_CREATE: influencer_create.open_task,
    MAKE_POSTER: make_poster.open_task,
    ARCHIVE_PROJECT: archive_project.open_task,
    PURGE_PROJECT: purge_project.open_task,
    ADVANCE_CLOCK: advance_clock.open_task,
    CONNECT_ACCOUNT: connect_account.open_task,
    REGISTER_APP: register_app.open_task,
    REFRESH_TOKEN: refresh_token.open_task,
    REVOKE_TOKEN: revoke_token.open_task,
    RELAY_CONVERSIONS: relay_conversions.open_task,
    DELIVER_WEBHOOK: deliver_webhook.open_task,
    PUBLISH_POST: publish_post.open_task,
    COLLECT_METRICS: collect_metrics.open_task,
    RECONCILE_POST: reconcile_post.open_task,
    VERIFY_TRACKING: verify_tracking.open_task,
}

POOLS = sorted({kind.pool for kind in OPENERS})


@asynccontextmanager
async def open_tasks(settings: Settings, pool_name: str) -> AsyncIterator[Tasks]:
    """The tasks of a pool, ready for use."""
    async with open_resources(settings) as resources:
        yield {kind: await opener(resources) for kind, opener in OPENERS.items() if kind.pool == pool_name}
