"""Races of decisions, edits and policies."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.pool import Conn, Pool, run_in_transaction
from schemas import ids
from schemas.errors import ContentRejected, StateConflict
from tests import seeds
from tests.domain.apps.test_app_races import outcomes as count_outcomes
from tests.domain.content.reviewing import approve, blocked, create, edit, policy, reject, status
from tests.domain.project import Project
from tests.jobs.scene import waits_for_lock
from tests.waiting import eventually


async def outcomes(pool: Pool, *calls: tuple[Any, ...]) -> Counter[str]:
    """Run all calls concurrently, each in its own transaction, and count the outcomes."""

    async def run(verb: Callable[..., Awaitable[Any]], *given: Any) -> Any:
        return await run_in_transaction(pool, lambda inner: verb(inner, *given))

    return await count_outcomes(*(run(*call) for call in calls))


async def test_second_of_two_reviewers_gets_already_decided(pool: Pool, conn: Conn, project: Project) -> None:
    await policy(conn, project, requires_approval=True)
    for _ in range(20):
        made = await create(conn, project)
        came = await outcomes(pool, (approve, project, made), (reject, project, made))
        assert came == {"done": 1, "ALREADY_DECIDED": 1}
    assert await conn.fetchval("select count(*) from approval_decision") == 20


async def test_ten_approvals_of_the_last_item_count_once(pool: Pool, conn: Conn, project: Project) -> None:
    """Concurrently created items are pending exactly if they were created before the approval."""
    await policy(conn, project, first_n_posts_blocked=3)
    waiting = [await create(conn, project) for _ in range(3)]
    for one in waiting[:2]:
        await approve(conn, project, one)
    before = [await create(conn, project) for _ in range(2)]
    both = [(approve, project, waiting[2]), (create, project)]
    assert await outcomes(pool, *both * 10) == {"done": 11, "ALREADY_DECIDED": 9}
    assert {await status(conn, one) for one in before} == {"pending"}
    assert await status(conn, await create(conn, project)) == "not_required"
    counted = await conn.fetch("select approval_status as s, count(*) as n from content_item group by 1")
    by_status = {row["s"]: row["n"] for row in counted}
    assert by_status["approved"] == 3
    assert by_status["pending"] + by_status["not_required"] == 13
    assert await blocked(conn, project) == by_status["pending"]


async def test_item_created_during_an_approval_is_pending(pool: Pool, conn: Conn, project: Project) -> None:
    """It counts as created before the approval: no lock is needed, and nothing waits."""
    await policy(conn, project, first_n_posts_blocked=1)
    made = await create(conn, project)
    async with pool.acquire() as other:
        transaction = other.transaction()
        await transaction.start()
        await approve(other, project, made)
        meanwhile = await create(conn, project)
        await transaction.commit()
    assert await status(conn, meanwhile) == "pending"


async def test_item_created_during_a_policy_change_uses_it(pool: Pool, conn: Conn, project: Project) -> None:
    async with pool.acquire() as other:
        transaction = other.transaction()
        await transaction.start()
        await policy(other, project, requires_approval=True)
        making = asyncio.create_task(run_in_transaction(pool, lambda inner: create(inner, project)))
        await eventually(lambda: waits_for_lock(conn))
        await transaction.commit()
    assert await status(conn, await making) == "pending"


async def test_edit_and_approval_are_serialized(pool: Pool, conn: Conn, project: Project) -> None:
    """A text is never approved unless its reviewer has seen it."""
    await policy(conn, project, requires_approval=True)
    for number in range(30):
        made = await create(conn, project)
        came = await outcomes(pool, (edit, project, made, f"Edit {number}"), (approve, project, made, 1))
        row = await conn.fetchrow("select approval_status, revision from content_item where id = $1", made)
        assert row is not None
        assert (row["approval_status"], row["revision"]) == ("pending", 2)
        decisions = await conn.fetchval("select count(*) from approval_decision where content_id = $1", made)
        assert decisions == (came["VERSION_MISMATCH"] == 0)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("policy"), st.booleans(), st.integers(0, 3)),
        st.tuples(st.just("create"), st.none(), st.none()),
        st.tuples(st.sampled_from(["approve", "reject", "edit"]), st.integers(0, 5), st.none()),
    ),
    min_size=4,
    max_size=14,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
async def test_policy_change_keeps_existing_items(conn: Conn, project: Project, steps: list[Any]) -> None:
    """Compares with a model: the status is decided once, and only decisions and edits change it."""
    where = Project(project.org, await seeds.project(conn, project.org))
    required, first, items = False, 0, dict[UUID, str]()
    for what, one, other in steps:
        if what == "policy":
            required, first = one, other
            await policy(conn, where, requires_approval=one, first_n_posts_blocked=other)
        elif what == "create":
            passed = sum(state == "approved" for state in items.values())
            items[await create(conn, where)] = "pending" if required or passed < first else "not_required"
        elif items:
            chosen = list(items)[one % len(items)]
            items[chosen] = await moved(conn, where, chosen, what, items[chosen])
        rows = await conn.fetch("select id, approval_status from content_item where project_id = $1", where.id)
        assert {row["id"]: row["approval_status"] for row in rows} == items
        assert await blocked(conn, where) == sum(state == "pending" for state in items.values())


async def moved(conn: Conn, project: Project, content_id: UUID, what: str, state: str) -> str:
    """Return the item's state by the rules; the function's result must agree."""
    if what == "edit":
        if state == "rejected":
            with pytest.raises(ContentRejected):
                await edit(conn, project, content_id, f"{ids.new_uuid7()}")
            return state
        await edit(conn, project, content_id, f"{ids.new_uuid7()}")
        return "pending" if state == "approved" else state
    verb = approve if what == "approve" else reject
    if state != "pending":
        with pytest.raises(StateConflict):
            await verb(conn, project, content_id)
        return state
    await verb(conn, project, content_id)
    return "approved" if what == "approve" else "rejected"
