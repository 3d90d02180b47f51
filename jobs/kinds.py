"""The catalog of job kinds: pool, time limits, attempts and stages of each.

A kind has one file in `workers/tasks/` with its task. Times are seconds: `timeout_s` bounds one attempt,
`total_s` the job's life from `run_at` at submit, through any snooze or interruption.
"""

from typing import Literal, NamedTuple


class JobKindSpec(NamedTuple):
    """One row of the catalog; `scope` is the API scope to start or retry it.

    An archive of the project cancels open jobs of the kind or lets them finish, as `on_archive` says. `stages` are
    those between `starting` and its end, in their order.
    """

    name: str
    pool: str
    scope: str
    timeout_s: float
    max_attempts: int
    total_s: float
    cancelable: bool = True
    on_archive: Literal["cancel", "finish"] = "cancel"
    internal: bool = False
    stages: tuple[str, ...] = ()


INGEST_WEBSITE_KIND = JobKindSpec(
    "ingest_website",
    "ingest",
    "ingest:write",
    timeout_s=120,
    max_attempts=4,
    total_s=2 * 3600,
    stages=("fetching", "analyzing", "saving"),
)
INGEST_GITHUB_KIND = INGEST_WEBSITE_KIND._replace(name="ingest_github")
INGEST_APPSTORE_KIND = INGEST_WEBSITE_KIND._replace(name="ingest_appstore")
FETCH_APP_MEDIA_KIND = INGEST_WEBSITE_KIND._replace(
    name="fetch_app_media", scope="content:write", timeout_s=300, max_attempts=3, total_s=3600
)
CONNECT_GITHUB_KIND = JobKindSpec(
    "connect_github", "ingest", "ingest:write", timeout_s=30, max_attempts=3, total_s=600, on_archive="finish"
)
LIST_GITHUB_REPOS_KIND = CONNECT_GITHUB_KIND._replace(
    name="list_github_repos", scope="projects:read", timeout_s=60, internal=True
)
CONTENT_GENERATE_KIND = JobKindSpec(
    "content_generate",
    "generate",
    "content:write",
    timeout_s=600,
    max_attempts=4,
    total_s=12 * 3600,
    stages=("planning", "generating_visuals", "finalizing"),
)
INFLUENCER_CREATE_KIND = CONTENT_GENERATE_KIND._replace(
    name="influencer_create", scope="influencers:write", timeout_s=120
)
PREVIEW_TEMPLATE_KIND = CONTENT_GENERATE_KIND._replace(name="preview_template", timeout_s=120, total_s=3600)
MAKE_VIDEO_POSTER_KIND = JobKindSpec(
    "make_poster", "generate", "content:write", timeout_s=120, max_attempts=3, total_s=12 * 3600, internal=True
)
ARCHIVE_PROJECT_KIND = JobKindSpec(
    "archive_project",
    "default",
    "projects:write",
    timeout_s=300,
    max_attempts=20,
    total_s=24 * 3600,
    cancelable=False,
    on_archive="finish",
    stages=("canceling",),
)
PURGE_PROJECT_KIND = ARCHIVE_PROJECT_KIND._replace(
    name="purge_project", scope="ops:write", total_s=72 * 3600, internal=True, stages=()
)
ADVANCE_CLOCK_KIND = ARCHIVE_PROJECT_KIND._replace(
    name="advance_clock", scope="publish:write", timeout_s=900, max_attempts=5, total_s=3600, stages=("advancing",)
)
PUBLISH_POST_KIND = JobKindSpec(
    "publish_post",
    "publish",
    "publish:write",
    timeout_s=300,
    max_attempts=8,
    total_s=3 * 3600,
    stages=("preparing", "sending", "confirming"),
)
RECONCILE_POST_KIND = JobKindSpec(
    "reconcile_post",
    "publish",
    "publish:write",
    timeout_s=60,
    max_attempts=7,
    total_s=48 * 3600,
    cancelable=False,
    on_archive="finish",
    internal=True,
)
CONNECT_ACCOUNT_KIND = JobKindSpec(
    "connect_account", "publish", "social:write", timeout_s=30, max_attempts=3, total_s=600
)
VERIFY_TRACKING_KIND = JobKindSpec(
    "verify_tracking", "default", "projects:write", timeout_s=30, max_attempts=4, total_s=300, stages=("listening",)
)
REGISTER_OAUTH_CLIENT_KIND = JobKindSpec(
    "register_app",
    "publish",
    "social:write",
    timeout_s=30,
    max_attempts=5,
    total_s=3600,
    on_archive="finish",
    internal=True,
)
REFRESH_TOKEN_KIND = REGISTER_OAUTH_CLIENT_KIND._replace(name="refresh_token")
COLLECT_METRICS_KIND = JobKindSpec(
    "collect_metrics", "metrics", "metrics:read", timeout_s=90, max_attempts=3, total_s=3600, internal=True
)
RELAY_CONVERSIONS_KIND = RECONCILE_POST_KIND._replace(
    name="relay_conversions", scope="projects:write", timeout_s=300, max_attempts=8, total_s=3600
)
DELIVER_WEBHOOK_KIND = RELAY_CONVERSIONS_KIND._replace(
    name="deliver_webhook", pool="deliver", scope="webhooks:write", timeout_s=120
)
REVOKE_TOKEN_KIND = REGISTER_OAUTH_CLIENT_KIND._replace(name="revoke_token", max_attempts=10, total_s=24 * 3600)

#: All kinds above by name, in their order.
JOB_KINDS = {kind.name: kind for kind in tuple(globals().values()) if isinstance(kind, JobKindSpec)}

#: Kinds that partners see.
PUBLIC_JOB_KINDS = [kind for kind in JOB_KINDS.values() if not kind.internal]
PUBLIC_JOB_KIND_NAMES = [kind.name for kind in PUBLIC_JOB_KINDS]

_JOB_ATTEMPT_STAGES = dict.fromkeys(stage for kind in PUBLIC_JOB_KINDS for stage in kind.stages)
#: Stages of any job: before its first attempt, during an attempt, and the status at the end.
ALL_JOB_STAGE_NAMES = ("queued", "scheduled", "starting", *_JOB_ATTEMPT_STAGES, "completed", "failed", "canceled")
