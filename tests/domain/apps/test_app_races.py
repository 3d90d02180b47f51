"""Races of creating, changing and deleting apps."""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.pool import Conn, Pool
from domain.apps import apps
from schemas.errors import ObjectNotFound, StateConflict
from tests import seeds
from tests.domain.apps.project_apps import create, delete, open_ones, patch, uuid_of
from tests.domain.project import Project, archive
from tests.jobs.scene import waits_for_lock
from tests.waiting import eventually


async def outcomes(*calls: Awaitable[Any]) -> Counter[str]:
    """Run all calls concurrently and count their outcomes."""
    came = await asyncio.gather(*calls, return_exceptions=True)
    for one in came:
        assert not isinstance(one, BaseException) or isinstance(one, StateConflict), one
    return Counter(one.details["reason"] if isinstance(one, StateConflict) else "done" for one in came)


async def test_of_ten_creates_of_one_identifier_one_is_done(wide: Pool, conn: Conn, project: Project) -> None:
    assert await outcomes(*(create(wide, project) for _ in range(10))) == {"done": 1, "APP_EXISTS": 9}
    assert await conn.fetchval("select array_agg(app_no) from sdk_app") == [1]


async def test_two_apps_race_for_one_identifier(wide: Pool, project: Project) -> None:
    made = [await create(wide, project, web_domain=f"{name}.example") for name in "ab"]
    changes = (patch(wide, project, app, web_domain="shop.example") for app in made)
    assert await outcomes(*changes, create(wide, project)) == {"done": 1, "APP_EXISTS": 2}


async def test_cap_holds_in_concurrent_creates(wide: Pool, conn: Conn, project: Project) -> None:
    await _rows(conn, project, range(1, apps.MAX_LIVE_APPS_PER_PROJECT - 1))
    racing = [create(wide, project, web_domain=f"n{number}.example") for number in range(6)]
    assert await outcomes(*racing) == {"done": 2, "TOO_MANY_APPS": 4}


async def test_numbers_end(pool: Pool, conn: Conn, project: Project) -> None:
    await _rows(conn, project, [apps.MAX_APP_NUMBERS_PER_PROJECT])
    assert await outcomes(create(pool, project)) == {"TOO_MANY_APPS": 1}


async def test_of_two_rotations_the_later_ones_key_opens(wide: Pool, conn: Conn, project: Project) -> None:
    """In its overlap the earlier key opens too; the original key has ended."""
    app = await create(wide, project)
    both = await asyncio.gather(*(patch(wide, project, app, rotate_key=True, overlap_hours=1) for _ in range(2)))
    assert await open_ones(conn, app.api_key, *(one.api_key or "" for one in both)) == [False, True, True]
    both = await asyncio.gather(*(patch(wide, project, app, rotate_key=True) for _ in range(2)))
    assert sorted(await open_ones(conn, *(one.api_key or "" for one in both))) == [False, True]


async def test_rotation_during_a_delete_leaves_no_valid_key(wide: Pool, conn: Conn, project: Project) -> None:
    for _ in range(10):
        app = await create(wide, project)
        rotated, deleted = await asyncio.gather(
            patch(wide, project, app, rotate_key=True, overlap_hours=1),
            delete(wide, project, app),
            return_exceptions=True,
        )
        assert not isinstance(deleted, BaseException)
        assert isinstance(rotated, ObjectNotFound) or not isinstance(rotated, BaseException)
        keys = [app.api_key] if isinstance(rotated, BaseException) else [app.api_key, rotated.api_key or ""]
        assert not any(await open_ones(conn, *keys))


async def test_create_during_an_archive_commit_is_refused(pool: Pool, conn: Conn, project: Project) -> None:
    async with pool.acquire() as other, other.transaction():
        await archive(other, project)
        making = asyncio.create_task(create(pool, project))
        await eventually(lambda: waits_for_lock(conn))
    assert await outcomes(making) == {"PROJECT_ARCHIVED": 1}
    assert await conn.fetchval("select count(*) from sdk_app") == 0


steps = st.lists(
    st.tuples(st.sampled_from(["create", "rename", "delete"]), st.integers(0, 3), st.integers(0, 2)),
    min_size=4,
    max_size=16,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
async def test_one_app_for_each_identifier_and_one_for_each_number(
    pool: Pool, conn: Conn, project: Project, steps: list[Any]
) -> None:
    """Compares with a model in which bundle ids ignore case and numbers are never reused."""
    where = Project(project.org, await seeds.project(conn, project.org))
    live, numbers = dict[str, Any](), 0
    for what, one, case in steps:
        spelled = ("com.example.", "COM.example.", "com.Example.")[case] + "aBcD"[one]
        taken, first = spelled.lower() in live, next(iter(live), None)
        if what == "create":
            call = create(pool, where, platform="ios", web_domain=None, bundle_id=spelled)
            assert await outcomes(_kept(call, live, spelled)) == {"APP_EXISTS" if taken else "done": 1}
            numbers += not taken
        elif first is not None and what == "rename":
            app, own = live[first], first == spelled.lower()
            came = await outcomes(patch(pool, where, app, bundle_id=spelled))
            assert came == {"APP_EXISTS" if taken and not own else "done": 1}
            if came["done"]:
                live[spelled.lower()] = live.pop(first)
        elif first is not None:
            await delete(pool, where, live.pop(first))
    given = "select id, app_no, deleted_at from sdk_app where project_id = $1 order by app_no"
    rows = await conn.fetch(given, where.id)
    assert [row["app_no"] for row in rows] == list(range(1, numbers + 1))
    assert {row["id"] for row in rows if row["deleted_at"] is None} == {uuid_of(app) for app in live.values()}


async def _kept(call: Awaitable[Any], live: dict[str, Any], spelled: str) -> None:
    live[spelled.lower()] = await call


async def _rows(conn: Conn, project: Project, numbers: Any) -> None:
    """Insert apps with these numbers."""
    await conn.execute(
        """insert into sdk_app (organization_id, project_id, id, app_no, name, platform, web_domain,
                                secret_hash, pepper_id)
           select $1, $2, gen_random_uuid(), n, 'Shop', 'web', 'old' || n || '.example', 'h', 'test'
             from unnest($3::int[]) n""",
        project.org,
        project.id,
        list(numbers),
    )
