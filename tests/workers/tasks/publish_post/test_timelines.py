"""A post's timeline lists its sends and their proofs, in order, for any behavior of its platform."""

from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.pool import Pool, run_in_transaction
from domain.jobs import timelines
from domain.jobs.retries import submit_job_retry
from schemas import ids
from schemas.timelines import TimelineEntry
from tests.workers.by_hand import Death
from tests.workers.tasks.publish_post.project import PublishingProject


async def entries(project: PublishingProject, post_id: UUID) -> list[TimelineEntry]:
    async with project.pool.acquire() as conn:
        told = await timelines.list_post_timeline(conn, organization_id=project.org, post_id=post_id)
    assert [entry.at for entry in told] == sorted(entry.at for entry in told)
    check_attempts(told)
    return told


def check_attempts(told: list[TimelineEntry]) -> None:
    """Check that each entry of an attempt names the attempt and its worker."""
    begun: TimelineEntry | None = None
    for entry in told:
        if entry.type == "attempt_started":
            begun = entry
        elif entry.type in {"prepared", "call", "not_sent", "accepted"}:
            assert begun
            of = (entry.job_id, entry.attempt, entry.fence, entry.worker_id)
            assert of == (begun.job_id, begun.attempt, begun.fence, begun.worker_id)
        elif entry.type in {"published", "look_up"}:
            assert entry.worker_id
            assert entry.fence


def summarize(told: list[TimelineEntry]) -> list[str]:
    """Return each entry in a word or two."""
    return [" ".join(filter(None, (entry.type, entry.outcome or entry.verdict or ""))) for entry in told]


async def story(project: PublishingProject, post_id: UUID) -> str:
    """Return the timeline from the first attempt on."""
    words = summarize(await entries(project, post_id))
    assert words[0] == "scheduled"
    return ", ".join(words[1:])


BEGUN, LIVE = "attempt_started, prepared, call", "published, attempt_ended completed"
LATER = "attempt_ended snoozed, attempt_started"


#: Whether a platform is repeatable, the results of its calls, and the timeline.
STORIES: list[tuple[bool, dict[str, list[str]], str]] = [
    (True, {}, f"{BEGUN}, {LIVE}"),
    (True, {"send": ["unreached"]}, f"{BEGUN}, not_sent, attempt_ended retry, attempt_started, call, {LIVE}"),
    (True, {"send": ["drop"]}, f"{BEGUN}, answer_lost, call, {LIVE}"),
    (False, {"send": ["drop"]}, f"{BEGUN}, answer_lost, look_up found, {LIVE}"),
    (False, {"send": ["lose"]}, f"{BEGUN}, answer_lost, look_up absent, not_sent, call, {LIVE}"),
    (
        False,
        {"send": ["drop"], "reconcile": ["later"]},
        f"{BEGUN}, answer_lost, look_up undecided, {LATER}, look_up found, {LIVE}",
    ),
    (True, {"send": ["take"]}, f"{BEGUN}, accepted, {LIVE}"),
    (True, {"send": ["refuse"]}, f"{BEGUN}, not_sent, failed, attempt_ended failed"),
    (
        False,
        {"send": ["lose"], "reconcile": ["undecided"]},
        f"{BEGUN}, answer_lost, outcome_unknown, attempt_ended failed",
    ),
]
#: The result of a call in which the worker dies, and the rest of the timeline.
DEATHS = [
    ("die_before", True, "call, published"),
    ("die_after", True, "call, published"),
    ("die_after", False, "look_up found, published"),
    ("die_before", False, "look_up absent, not_sent, call, published"),
]


async def test_a_timeline_lists_sends_and_proofs(project: PublishingProject) -> None:
    for exact, plan, told in STORIES:
        await project.renew()
        post = await project.post()
        project.platform.exact = exact
        project.platform.plan(**plan)
        await project.attempts()
        assert await story(project, post) == told


async def test_a_timeline_of_a_worker_that_dies_in_the_call(project: PublishingProject) -> None:
    lost, end = f"{BEGUN}, answer_lost, attempt_ended lost", "attempt_ended completed"
    for dies, exact, told in DEATHS:
        await project.renew()
        post = await project.post()
        project.platform.exact = exact
        project.platform.plan(send=[dies])
        assert await project.attempts() == ["died", "completed"]
        assert await story(project, post) == f"{lost}, attempt_started, {told}, {end}"
        workers = {entry.worker_id for entry in await entries(project, post) if entry.worker_id}
        assert len(workers) == 2
        assert all(ids.parse_prefixed_id(ids.WORKER_ID_PREFIX, str(worker)) for worker in workers)


@pytest.mark.parametrize(
    ("send", "asks", "end"),
    [
        ("drop", ["undecided", "ok"], "look_up undecided, look_up found, published"),
        ("lose", ["ok"], "look_up absent, failed"),
    ],
)
async def test_a_timeline_of_a_reconciled_post(
    project: PublishingProject, post: UUID, send: str, asks: list[str], end: str
) -> None:
    """The reconciling jobs are internal, but their findings are listed."""
    project.platform.exact = False
    project.platform.plan(send=[send], reconcile=["undecided", *asks])
    assert await project.attempts() == ["failed"]
    for _ in asks:
        assert await project.query() in {"snoozed", "completed"}
    lost = f"{BEGUN}, answer_lost, outcome_unknown, attempt_ended failed"
    assert await story(project, post) == f"{lost}, {end}"


async def test_an_attempt_that_runs_has_begun(project: PublishingProject, post: UUID) -> None:
    project.platform.plan(send=["die_before"])
    await project.attempt(Death(nth=1, after=True))
    assert await story(project, post) == "attempt_started, attempt_ended lost"
    job_id = (await project.job(post))["id"]
    async with project.pool.acquire() as conn:
        told = await timelines.list_job_timeline(conn, organization_id=project.org, job_id=job_id)
    assert summarize(told) == ["submitted", "attempt_started", "attempt_ended lost"]


async def test_a_post_that_was_sent_again_by_a_retry_has_both_jobs(project: PublishingProject, post: UUID) -> None:
    other = await project.post("another")
    project.platform.plan(send=["unreached"] * 8)
    await project.attempts()
    project.platform.script.clear()
    first: UUID = (await project.job(post))["id"]
    again = await run_in_transaction(
        project.pool, lambda conn: submit_job_retry(conn, organization_id=project.org, job_id=first, scopes=["*"])
    )
    await project.attempts()
    told = await entries(project, post)
    jobs = {ids.format_prefixed_id(ids.JOB_ID_PREFIX, job_id) for job_id in (first, again.job_id)}
    assert {entry.job_id for entry in told if entry.job_id} == jobs
    assert (await project.row(post))["status"] == "published"
    assert not jobs & {entry.job_id for entry in await entries(project, other)}


FAULTS = st.lists(
    st.sampled_from(["ok", "unreached", "drop", "lose", "break", "die_before", "die_after", "throttle"]), max_size=4
)
LOOKS = st.lists(st.sampled_from(["ok", "undecided", "later", "unreached"]), max_size=3)


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(send=FAULTS, reconcile=LOOKS, exact=st.booleans())
async def test_each_second_call_has_its_proof_before_it(
    project: PublishingProject, send: list[str], reconcile: list[str], exact: bool
) -> None:
    project.platform.exact = exact
    project.platform.plan(send=send, reconcile=reconcile)
    post_id = await project.post()
    words = await project.attempts()
    project.platform.script.clear()
    told = await entries(project, post_id)
    types = [entry.type for entry in told]
    attempts = [word for word in types if word == "attempt_started"]
    assert len(attempts) == len(words)
    calls = [place for place, word in enumerate(types) if word == "call"]
    assert len(calls) == sum(call.post_id == str(post_id) for call in project.platform.calls)
    for one, other in pairwise(calls):
        between = types[one:other]
        assert "not_sent" in between or (exact and "answer_lost" in between), types
    assert types.count("published") == ((await project.row(post_id))["status"] == "published")
    await forget(project.pool)


async def forget(pool: Pool) -> None:
    """Reset the account's state for the next example."""
    await pool.execute("update social_account set turn_post_id = null, cooldown_until = null")
    await pool.execute(
        "update job set state = 'failed', stage = 'failed', finished_at = now(), error = '{}' where finished_at is null"
    )
