"""Approval: what waits for it, who decides, and what can't happen at the same time (api.md 9)."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.pool import Conn, Pool, transact
from domain import approvals, content, holds, projects
from schemas import ids
from schemas.content import ApprovalPolicy, ApprovalPolicyPatch, Content
from schemas.errors import Conflict, ContentRejected, Invalid, NotFound, Stale
from tests import seeds
from tests.domain import place as places
from tests.domain.place import Place
from tests.waiting import eventually

URL = "https://api.example"


async def policy(conn: Conn, place: Place, **fields: Any) -> ApprovalPolicy:
    async with conn.transaction():
        return await approvals.patch_policy(
            conn,
            organization_id=place.org,
            project_id=place.project_id,
            api_key_id=None,
            body=ApprovalPolicyPatch(**fields),
        )


async def create(conn: Conn, place: Place) -> UUID:
    return await seeds.content(conn, place.org, place.project_id)


async def approve(conn: Conn, place: Place, content_id: UUID, revision: int | None = None) -> Content:
    async with conn.transaction():
        approved, _ = await approvals.approve(
            conn,
            organization_id=place.org,
            content_id=content_id,
            api_key_id=None,
            revision=revision,
            note=None,
            now=seeds.NOW,
            public_url=URL,
        )
    return approved


async def reject(conn: Conn, place: Place, content_id: UUID, revision: int | None = None) -> Content:
    async with conn.transaction():
        return await approvals.reject(
            conn,
            organization_id=place.org,
            content_id=content_id,
            api_key_id=None,
            revision=revision,
            reason="no",
            public_url=URL,
        )


async def edit(conn: Conn, place: Place, content_id: UUID, caption: str, versions: Any = None) -> Content:
    async with conn.transaction():
        return await content.edit(
            conn,
            organization_id=place.org,
            content_id=content_id,
            caption=caption,
            versions=versions,
            public_url=URL,
        )


async def status(conn: Conn, content_id: UUID) -> str:
    found: str = await conn.fetchval("select approval_status from content_item where id = $1", content_id)
    return found


async def blocked(conn: Conn, place: Place) -> int:
    project, _ = await projects.get(conn, organization_id=place.org, project_id=place.project_id)
    return project.current_blocked_count


async def test_the_gate_is_the_policys_at_the_moment_of_making(conn: Conn, place: Place) -> None:
    before = await create(conn, place)
    await policy(conn, place, requires_approval=True)
    during = await create(conn, place)
    await policy(conn, place, requires_approval=False)
    after = await create(conn, place)
    assert [await status(conn, one) for one in (before, during, after)] == [
        "not_required",
        "pending",
        "not_required",
    ]
    assert await blocked(conn, place) == 1


async def test_the_first_ones_are_those_that_were_approved(conn: Conn, place: Place) -> None:
    """A backlog does not let itself through, and what was rejected doesn't count."""
    await policy(conn, place, first_n_posts_blocked=2)
    waiting = [await create(conn, place) for _ in range(4)]
    assert {await status(conn, one) for one in waiting} == {"pending"}
    await approve(conn, place, waiting[0])
    await reject(conn, place, waiting[1])
    assert await status(conn, await create(conn, place)) == "pending"
    await approve(conn, place, waiting[2])
    assert await status(conn, await create(conn, place)) == "not_required"
    assert await blocked(conn, place) == 2
    await edit(conn, place, waiting[0], "Other words")
    assert await status(conn, await create(conn, place)) == "pending"
    assert await blocked(conn, place) == 4


async def test_another_projects_approvals_do_not_count(conn: Conn, place: Place) -> None:
    other = Place(place.org, await seeds.project(conn, place.org))
    for where in (place, other):
        await policy(conn, where, first_n_posts_blocked=1)
    await approve(conn, place, await create(conn, place))
    assert await status(conn, await create(conn, other)) == "pending"
    assert (await blocked(conn, place), await blocked(conn, other)) == (0, 1)


async def test_a_change_of_policy_is_on_record_and_none_is_not(conn: Conn, place: Place) -> None:
    assert await policy(conn, place, requires_approval=True) == ApprovalPolicy(
        requires_approval=True, first_n_posts_blocked=0, current_blocked_count=0
    )
    await policy(conn, place)
    await policy(conn, place, requires_approval=True)
    entries = await conn.fetch("select details from audit_log where action = 'approval_policy.updated'")
    assert [entry["details"] for entry in entries] == [
        {
            "before": {"requires_approval": False, "first_n_posts_blocked": 0},
            "after": {"requires_approval": True, "first_n_posts_blocked": 0},
        }
    ]
    project, version = await projects.get(conn, organization_id=place.org, project_id=place.project_id)
    assert (project.requires_approval, project.first_n_posts_blocked, version) == (True, 0, 2)


async def test_a_decision_is_final_and_on_record(conn: Conn, place: Place) -> None:
    await policy(conn, place, requires_approval=True)
    yes, no = await create(conn, place), await create(conn, place)
    approved, rejected = await approve(conn, place, yes), await reject(conn, place, no)
    assert (approved.approval_status, rejected.approval_status) == ("approved", "rejected")
    assert rejected.decision is not None
    assert (rejected.decision.decision, rejected.decision.note) == ("rejected", "no")
    for decide in (approve, reject):
        for one, what in ((yes, "approved"), (no, "rejected")):
            with pytest.raises(Conflict) as refused:
                await decide(conn, place, one)
            assert refused.value.details == {"reason": "ALREADY_DECIDED", "approvalStatus": what}
    actions = await conn.fetch("select action from audit_log where action like 'content.%' order by id")
    assert [row["action"] for row in actions] == ["content.approved", "content.rejected"]


async def test_what_needs_no_approval_gets_none(conn: Conn, place: Place) -> None:
    made = await create(conn, place)
    with pytest.raises(Conflict, match="needs no approval"):
        await approve(conn, place, made)


async def test_an_edit_between_read_and_approval_is_told(conn: Conn, place: Place) -> None:
    await policy(conn, place, requires_approval=True)
    made = await create(conn, place)
    assert (await edit(conn, place, made, "Other words")).revision == 2
    for decide in (approve, reject):
        with pytest.raises(Conflict) as refused:
            await decide(conn, place, made, 1)
        assert refused.value.details == {"reason": "VERSION_MISMATCH", "revision": 2}
    assert (await approve(conn, place, made, 2)).approval_status == "approved"


async def test_an_edit_of_approved_content_asks_anew(conn: Conn, place: Place) -> None:
    await policy(conn, place, requires_approval=True)
    made = await create(conn, place)
    await approve(conn, place, made)
    same = await edit(conn, place, made, "Fresh bread today.")
    assert (same.approval_status, same.revision) == ("approved", 1)
    edited = await edit(conn, place, made, "Stale bread today.")
    assert (edited.approval_status, edited.revision, edited.caption) == ("pending", 2, "Stale bread today.")
    assert edited.decision is not None
    assert edited.decision.revision == 1
    again = await approve(conn, place, made, 2)
    assert again.decision is not None
    assert (again.approval_status, again.decision.revision) == ("approved", 2)


async def test_an_edit_needs_its_place(conn: Conn, place: Place) -> None:
    await policy(conn, place, requires_approval=True)
    made = await create(conn, place)
    with pytest.raises(Stale):
        await edit(conn, place, made, "Other words", {2})
    with pytest.raises(Invalid):
        await edit(conn, place, made, "  ")
    await reject(conn, place, made)
    with pytest.raises(ContentRejected):
        await edit(conn, place, made, "Other words")


async def test_an_archived_project_lets_nothing_out(conn: Conn, place: Place) -> None:
    await policy(conn, place, requires_approval=True)
    first, second = await create(conn, place), await create(conn, place)
    await places.archive(conn, place)
    with pytest.raises(Conflict) as refused:
        await approve(conn, place, first)
    assert refused.value.details["reason"] == "PROJECT_ARCHIVED"
    assert (await reject(conn, place, second)).approval_status == "rejected"


async def test_another_organization_sees_and_decides_nothing(conn: Conn, place: Place) -> None:
    await policy(conn, place, requires_approval=True)
    made = await create(conn, place)
    rival = place._replace(org=await seeds.organization(conn))
    attempts: list[Callable[[], Awaitable[object]]] = [
        lambda: approve(conn, rival, made),
        lambda: reject(conn, rival, made),
        lambda: edit(conn, rival, made, "Mine"),
        lambda: policy(conn, rival, requires_approval=False),
        lambda: create(conn, rival),
        lambda: content.get(conn, organization_id=rival.org, content_id=made, public_url=URL),
        lambda: approvals.get_policy(conn, organization_id=rival.org, project_id=rival.project_id),
    ]
    for attempt in attempts:
        with pytest.raises(NotFound):
            await attempt()
    assert await status(conn, made) == "pending"


async def outcomes(pool: Pool, *calls: tuple[Any, ...]) -> Counter[str]:
    """All at once, each a verb and what it takes, in its own transaction: how often they came to what."""

    async def run(verb: Callable[..., Awaitable[Any]], *given: Any) -> Any:
        return await transact(pool, lambda inner: verb(inner, *given))

    came = await asyncio.gather(*(run(*call) for call in calls), return_exceptions=True)
    for one in came:
        assert not isinstance(one, BaseException) or isinstance(one, Conflict), one
    return Counter(one.details["reason"] if isinstance(one, Conflict) else "done" for one in came)


async def test_of_two_reviewers_the_second_is_told(pool: Pool, conn: Conn, place: Place) -> None:
    await policy(conn, place, requires_approval=True)
    for _ in range(20):
        made = await create(conn, place)
        came = await outcomes(pool, (approve, place, made), (reject, place, made))
        assert came == {"done": 1, "ALREADY_DECIDED": 1}
    assert await conn.fetchval("select count(*) from approval_decision") == 20


async def test_ten_approvals_of_the_last_one_are_one(pool: Pool, conn: Conn, place: Place) -> None:
    """Beside them more is made: each item waits exactly if it was made before the approval."""
    await policy(conn, place, first_n_posts_blocked=3)
    waiting = [await create(conn, place) for _ in range(3)]
    for one in waiting[:2]:
        await approve(conn, place, one)
    before = [await create(conn, place) for _ in range(2)]
    both = [(approve, place, waiting[2]), (create, place)]
    assert await outcomes(pool, *both * 10) == {"done": 11, "ALREADY_DECIDED": 9}
    assert {await status(conn, one) for one in before} == {"pending"}
    assert await status(conn, await create(conn, place)) == "not_required"
    counted = await conn.fetch("select approval_status as s, count(*) as n from content_item group by 1")
    by_status = {row["s"]: row["n"] for row in counted}
    assert by_status["approved"] == 3
    assert by_status["pending"] + by_status["not_required"] == 13
    assert await blocked(conn, place) == by_status["pending"]


async def test_what_is_made_while_an_approval_commits_waits(pool: Pool, conn: Conn, place: Place) -> None:
    """It comes before the approval: no lock is needed for that, and nothing is held up."""
    await policy(conn, place, first_n_posts_blocked=1)
    made = await create(conn, place)
    async with pool.acquire() as other:
        transaction = other.transaction()
        await transaction.start()
        await approve(other, place, made)
        meanwhile = await create(conn, place)
        await transaction.commit()
    assert await status(conn, meanwhile) == "pending"


async def test_what_is_made_while_a_policy_changes_goes_by_the_new_one(
    pool: Pool, conn: Conn, place: Place
) -> None:
    async with pool.acquire() as other:
        transaction = other.transaction()
        await transaction.start()
        await policy(other, place, requires_approval=True)
        making = asyncio.create_task(transact(pool, lambda inner: create(inner, place)))
        await eventually(lambda: waits(pool))
        await transaction.commit()
    assert await status(conn, await making) == "pending"


async def waits(pool: Pool) -> bool:
    found = await pool.fetchval(
        "select count(*) from pg_stat_activity"
        " where datname = current_database() and wait_event_type = 'Lock'"
    )
    return bool(found)


async def test_an_edit_and_an_approval_have_an_order(pool: Pool, conn: Conn, place: Place) -> None:
    """Never is a text approved that its reviewer has not seen."""
    await policy(conn, place, requires_approval=True)
    for turn in range(30):
        made = await create(conn, place)
        came = await outcomes(pool, (edit, place, made, f"Edit {turn}"), (approve, place, made, 1))
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
async def test_no_policy_changes_what_is_there(conn: Conn, place: Place, steps: list[Any]) -> None:
    """Against a model: the gate is decided once, and only decisions and edits move an item on."""
    where = Place(place.org, await seeds.project(conn, place.org))
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
        rows = await conn.fetch(
            "select id, approval_status from content_item where project_id = $1", where.project_id
        )
        assert {row["id"]: row["approval_status"] for row in rows} == items
        assert await blocked(conn, where) == sum(state == "pending" for state in items.values())


async def moved(conn: Conn, place: Place, content_id: UUID, what: str, state: str) -> str:
    """What the rules make of an item; the verb is called and must agree."""
    if what == "edit":
        if state == "rejected":
            with pytest.raises(ContentRejected):
                await edit(conn, place, content_id, f"{ids.new()}")
            return state
        await edit(conn, place, content_id, f"{ids.new()}")
        return "pending" if state == "approved" else state
    verb = approve if what == "approve" else reject
    if state != "pending":
        with pytest.raises(Conflict):
            await verb(conn, place, content_id)
        return state
    await verb(conn, place, content_id)
    return "approved" if what == "approve" else "rejected"


async def test_an_unknown_project_has_no_policy(conn: Conn, place: Place) -> None:
    with pytest.raises(NotFound):
        await policy(conn, place._replace(project_id=ids.new()), requires_approval=True)
    with pytest.raises(NotFound):
        await holds.check(conn, organization_id=place.org, project_id=ids.new())
