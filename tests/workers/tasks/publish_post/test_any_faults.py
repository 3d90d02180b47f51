"""Under any fault, and a worker's death at any time: a post is live at most once, and its row is right."""

import contextlib
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.publishing import changes, failures, sending
from schemas.errors import StateConflict
from tests.workers.by_hand import Death
from tests.workers.tasks.publish_post.project import PublishingProject, hours_pass
from tests.workers.tasks.publish_post.scripted import REFUSES, TAKES, ScriptedPlatform


class FaultStory(NamedTuple):
    """A random history: results of calls, deaths of attempts, and actions of people."""

    exact: bool
    sends: Sequence[str]
    prepares: Sequence[str] = ()
    polls: Sequence[str] = ()
    looks: Sequence[str] = ()
    deaths: Sequence[Death | None] = ()
    meanwhile: Sequence[str | None] = ()


SENDS = st.sampled_from([word for word in (*TAKES, *REFUSES) if not word.startswith("slow")])
FAULTS = st.sampled_from(["ok", "unreached", "throttle", "expire", "shut", "lose", "die_before"])
DEATHS = st.builds(Death, verb=st.none(), nth=st.integers(1, 6), after=st.booleans())
STORIES = st.builds(
    FaultStory,
    exact=st.booleans(),
    sends=st.lists(SENDS, min_size=1, max_size=6),
    prepares=st.lists(st.one_of(FAULTS, st.sampled_from(["step", "step_slow", "outdate"])), max_size=4),
    polls=st.lists(st.one_of(FAULTS, st.sampled_from(["take", "refuse"])), max_size=3),
    looks=st.lists(st.one_of(FAULTS, st.sampled_from(["undecided", "later"])), max_size=3),
    deaths=st.lists(st.none() | DEATHS, max_size=6),
    meanwhile=st.lists(
        st.sampled_from([None, None, None, "cancel", "archive", "late", "reconnect", "disconnect"]), max_size=6
    ),
)


async def act(project: PublishingProject, post_id: UUID, what: str | None) -> None:
    match what:
        case "cancel":
            with contextlib.suppress(StateConflict):
                await project.do(changes.cancel_single_post, post_id=post_id, reason=None)
        case "archive":
            await project.archive()
        case "late":
            await hours_pass(project, 1)
        case "disconnect":
            await project.disconnect()
        case "reconnect":
            await project.pool.execute(
                "update social_account set status = 'connected' where status = 'reauth_required'"
            )


async def run_story(project: PublishingProject, story: FaultStory) -> list[str | None]:
    """Run one post through the whole story, and on without faults; return its attempts' outcomes."""
    project.platform = ScriptedPlatform(may_repeat_send_safely=story.exact)
    project.platform.plan(send=story.sends, prepare=story.prepares, poll=story.polls, reconcile=story.looks)
    post_id, words = await project.post(), list[str | None]()
    for number in range(20):
        await act(project, post_id, story.meanwhile[number] if number < len(story.meanwhile) else "reconnect")
        words.append(await project.attempt(story.deaths[number] if number < len(story.deaths) else None))
        if words[-1] is None and not await project.open_jobs():
            break
        assert project.records(post_id) <= 1
        await project.skip_waits()
    project.platform.script.clear()
    await project.attempts()
    await query_post(project, post_id)
    await check_post(project, post_id)
    return words


async def query_post(project: PublishingProject, post_id: UUID) -> None:
    for _ in range(3):
        await act(project, post_id, "reconnect")
        await project.query()


async def check_post(project: PublishingProject, post_id: UUID) -> None:
    """An account that is gone can't be queried: the state of its possible post stays unknown."""
    row, live = await project.row(post_id), project.records(post_id)
    gone = "select status = 'disconnected' from social_account where id = $1"
    if row["status"] == "outcome_unknown":
        assert await project.pool.fetchval(gone, project.account_id)
        assert live <= 1
    else:
        assert row["status"] in {"published", "draft_in_inbox", "failed", "canceled"}
        assert live == (row["status"] in {"published", "draft_in_inbox"})
    assert await project.open_jobs() == 0
    assert (await project.events(post_id))[-1] == row["status"]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("exact", [False, True])
async def test_a_worker_that_dies_at_any_step_leaves_one_record(
    project: PublishingProject, after: bool, exact: bool
) -> None:
    """At each step of an undisturbed attempt."""
    for send in ("take", "drop", "lose"):
        story = FaultStory(exact, [send])
        assert (await run_story(project, story))[0] == "completed"
        steps = len(project.verbs)
        for nth in range(1, steps + 1):
            words = await run_story(project, story._replace(deaths=[Death(nth=nth, after=after)]))
            assert (send, words[0], sum(project.platform.live.values())) == (send, "died", 1)


@pytest.mark.parametrize(
    "story",
    [
        FaultStory(
            exact=False,
            sends=["ok"],
            looks=["shut"],
            deaths=[Death(sending.mark_post_published)],
            meanwhile=["late", "late", None],
        ),
        FaultStory(exact=False, sends=["take"], polls=["refuse"], deaths=[Death(failures.requeue_unsent_post)]),
    ],
)
async def test_a_regression_story_ends_with_a_right_row(project: PublishingProject, story: FaultStory) -> None:
    assert (await run_story(project, story))[0] == "died"


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=STORIES)
async def test_any_fault_story_ends_with_a_right_row(project: PublishingProject, story: FaultStory) -> None:
    await project.renew()
    await run_story(project, story)
