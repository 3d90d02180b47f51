"""The catalog of job kinds: pool, time limits, attempts and stages of each.

A kind has one file in `workers/tasks/` with its task. Times are seconds: `timeout_s` bounds one attempt,
`total_s` the job's life from `run_at` at submit, through any snooze or interruption.
"""

from enum import StrEnum
from typing import NamedTuple


class OnArchive(StrEnum):
    """Effect of an archive on a project's open jobs of a kind."""

    CANCEL = "cancel"
    FINISH = "finish"


class Kind(NamedTuple):
    """One row of the catalog; `scope` is the API scope to start or retry it.

    `stages` are those between `starting` and its end, in their order.
    """

    name: str
    pool: str
    scope: str
    timeout_s: float
    max_attempts: int
    total_s: float
    cancelable: bool = True
    on_archive: OnArchive = OnArchive.CANCEL
    internal: bool = False
    stages: tuple[str, ...] = ()


INGEST_WEBSITE = Kind(
    "ingest_website",
    "ingest",
    "ingest:write",
    timeout_s=120,
    max_attempts=4,
    total_s=2 * 3600,
    stages=("fetching", "analyzing", "saving"),
)
INGEST_GITHUB = INGEST_WEBSITE._replace(name="ingest_github")
INGEST_APPSTORE = INGEST_WEBSITE._replace(name="ingest_appstore")
FETCH_APP_MEDIA = Kind(
    "fetch_app_media",
    "ingest",
    "content:write",
    timeout_s=300,
    max_attempts=3,
    total_s=3600,
    stages=("fetching", "analyzing", "saving"),
)
CONNECT_GITHUB = Kind(
    "connect_github",
    "ingest",
    "ingest:write",
    timeout_s=30,
    max_attempts=3,
    total_s=600,
    on_archive=OnArchive.FINISH,
)
LIST_GITHUB_REPOS = CONNECT_GITHUB._replace(
    name="list_github_repos", scope="projects:read", timeout_s=60, internal=True
)
CONTENT_GENERATE = Kind(
    "content_generate",
    "generate",
    "content:write",
    timeout_s=600,
    max_attempts=4,
    total_s=12 * 3600,
    stages=("planning", "generating_visuals", "finalizing"),
)
INFLUENCER_CREATE = CONTENT_GENERATE._replace(
    name="influencer_create", scope="influencers:write", timeout_s=120
)
MAKE_POSTER = Kind(
    "make_poster",
    "generate",
    "content:write",
    timeout_s=120,
    max_attempts=3,
    total_s=12 * 3600,
    internal=True,
)
ARCHIVE_PROJECT = Kind(
    "archive_project",
    "default",
    "projects:write",
    timeout_s=300,
    max_attempts=20,
    total_s=24 * 3600,
    cancelable=False,
    on_archive=OnArchive.FINISH,
    stages=("canceling",),
)
PURGE_PROJECT = Kind(
    "purge_project",
    "default",
    "ops:write",
    timeout_s=300,
    max_attempts=20,
    total_s=72 * 3600,
    cancelable=False,
    on_archive=OnArchive.FINISH,
    internal=True,
)
ADVANCE_CLOCK = Kind(
    "advance_clock",
    "default",
    "publish:write",
    timeout_s=900,
    max_attempts=5,
    total_s=3600,
    cancelable=False,
    on_archive=OnArchive.FINISH,
    stages=("advancing",),
)
PUBLISH_POST = Kind(
    "publish_post",
    "publish",
    "publish:write",
    timeout_s=300,
    max_attempts=8,
    total_s=3 * 3600,
    stages=("preparing", "sending", "confirming"),
)
RECONCILE_POST = Kind(
    "reconcile_post",
    "publish",
    "publish:write",
    timeout_s=60,
    max_attempts=7,
    total_s=48 * 3600,
    cancelable=False,
    on_archive=OnArchive.FINISH,
    internal=True,
)
CONNECT_ACCOUNT = Kind(
    "connect_account", "publish", "social:write", timeout_s=30, max_attempts=3, total_s=600
)
VERIFY_TRACKING = Kind(
    "verify_tracking",
    "default",
    "projects:write",
    timeout_s=30,
    max_attempts=4,
    total_s=300,
    stages=("listening",),
)
COLLECT_METRICS = Kind(
    "collect_metrics", "metrics", "metrics:read", timeout_s=90, max_attempts=3, total_s=3600, internal=True
)
RELAY_CONVERSIONS = Kind(
    "relay_conversions",
    "publish",
    "projects:write",
    timeout_s=300,
    max_attempts=8,
    total_s=3600,
    cancelable=False,
    on_archive=OnArchive.FINISH,
    internal=True,
)
DELIVER_WEBHOOK = Kind(
    "deliver_webhook",
    "deliver",
    "webhooks:write",
    timeout_s=120,
    max_attempts=8,
    total_s=3600,
    cancelable=False,
    on_archive=OnArchive.FINISH,
    internal=True,
)
REGISTER_APP = Kind(
    "register_app",
    "publish",
    "social:write",
    timeout_s=30,
    max_attempts=5,
    total_s=3600,
    on_archive=OnArchive.FINISH,
    internal=True,
)
REFRESH_TOKEN = REGISTER_APP._replace(name="refresh_token")
REVOKE_TOKEN = REGISTER_APP._replace(name="revoke_token", max_attempts=10, total_s=24 * 3600)

KINDS = {
    kind.name: kind
    for kind in (
        INGEST_WEBSITE,
        INGEST_GITHUB,
        INGEST_APPSTORE,
        FETCH_APP_MEDIA,
        CONNECT_GITHUB,
        LIST_GITHUB_REPOS,
        CONTENT_GENERATE,
        INFLUENCER_CREATE,
        MAKE_POSTER,
        ARCHIVE_PROJECT,
        PURGE_PROJECT,
        ADVANCE_CLOCK,
        PUBLISH_POST,
        RECONCILE_POST,
        CONNECT_ACCOUNT,
        VERIFY_TRACKING,
        REGISTER_APP,
        REFRESH_TOKEN,
        COLLECT_METRICS,
        RELAY_CONVERSIONS,
        DELIVER_WEBHOOK,
        REVOKE_TOKEN,
    )
}

#: Kinds that partners see.
PUBLIC_KINDS = [kind for kind in KINDS.values() if not kind.internal]

_WORK_STAGES = dict.fromkeys(stage for kind in PUBLIC_KINDS for stage in kind.stages)
#: Stages of any job: before its first attempt, during an attempt, and the status at the end.
STAGES = ("queued", "scheduled", "starting", *_WORK_STAGES, "completed", "failed", "canceled")
