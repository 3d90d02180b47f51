"""Statements of apps read few rows among many deleted apps, also by plans for an empty table."""

from typing import Any

import pytest

from db.pool import Conn, Pool
from domain.apps import app_keys, apps
from domain.apps.apps import AppChangeAuthor
from schemas import ids
from schemas.apps import SdkAppCreate
from tests import plans, seeds
from tests.domain.project import Project

pytestmark = pytest.mark.fresh

DELETED, OTHERS = 20_000, 2_000


async def find(conn: Conn, _: Project) -> None:
    key = app_keys.format_app_key(ids.new_uuid7(), "s" * 43)
    await app_keys.authenticate_sdk_app_keys(conn, keys=[key], peppers=seeds.PEPPERS)


async def page(conn: Conn, project: Project) -> None:
    where: dict[str, Any] = {"organization_id": project.org, "project_id": project.id}
    await apps.list_apps_of_project(conn, **where, before=None, limit=25, public_url=seeds.PUBLIC_URL)


async def create(conn: Conn, project: Project) -> None:
    body = SdkAppCreate(name="Shop", platform="web", web_domain=f"n{ids.new_uuid7()}.example")
    given: dict[str, Any] = {"peppers": seeds.PEPPERS, "body": body, "public_url": seeds.PUBLIC_URL}
    transaction = conn.transaction()
    await transaction.start()
    await apps.register_sdk_app(conn, author=AppChangeAuthor(project.org, project.id), **given)
    await transaction.rollback()


async def fill(conn: Conn, project: Project, first: int, count: int, *, deleted: bool) -> None:
    await conn.execute(
        """insert into sdk_app (organization_id, project_id, id, app_no, name, platform, web_domain,
                                secret_hash, deleted_at)
           select $1, $2, gen_random_uuid(), n, 'Shop', 'web', n || '.example',
                  case when $5 then null else 'h'::bytea end, case when $5 then now() end
             from generate_series($3::int, $4::int) n""",
        project.org,
        project.id,
        first,
        first + count - 1,
        deleted,
    )


USES: plans.Uses[Project] = {"find": (find, 0), "page": (page, 60), "create": (create, 200)}


async def test_few_rows_are_read(pool: Pool, conn: Conn, project: Project) -> None:
    """By plans from the start, and with statistics; keys are looked up by a kept plan."""
    kept = "select generic_plans from pg_prepared_statements where statement = $1"
    other = Project(project.org, await seeds.project(conn, project.org))
    async with pool.acquire() as session:
        await plans.plan(session, USES, project)
        assert await session.fetchval(kept, app_keys.FIND_APPS_BY_KEY_IDS.query.sql)
        await fill(conn, project, 1, DELETED, deleted=True)
        await fill(conn, project, DELETED + 1, 50, deleted=False)
        await fill(conn, other, 1, OTHERS, deleted=False)
        assert await plans.excess(session, USES, project, "sdk_app") == {}
        await conn.execute("vacuum analyze sdk_app")
        assert await plans.excess(session, USES, project, "sdk_app") == {}
