from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from db.pool import Conn, Pool
from domain.jobs import jobs
from domain.projects import projects
from domain.projects.projects import New
from domain.tenancy import organizations
from jobs.kinds import ARCHIVE_PROJECT
from jobs.ledger import Settlement
from jobs.outcomes import Done
from schemas import ids
from schemas.projects import Project, ProjectCreate
from tests import seeds
from tests.cli.conftest import Tenantry, decoded, refused, rung, unchanged

pytestmark = pytest.mark.usefixtures("environment")


@pytest.fixture
async def organization_id(conn: Conn) -> UUID:
    return (await organizations.create(conn, name="Acme", tier="standard")).live


async def create(conn: Conn, organization_id: UUID, name: str, **more: Any) -> Project:
    body = ProjectCreate(name=name, timezone="Europe/Berlin", **more)
    drafted = projects.draft(body, organization_id=organization_id, now=datetime.now(UTC))
    await projects.create(conn, [New(organization_id, None, drafted, None)])
    return drafted


async def test_a_list_is_filtered_and_paged(tenantry: Tenantry, conn: Conn, organization_id: UUID) -> None:
    names = ("Bakery East", "Bakery West", "Cinema")
    made = [(await create(conn, organization_id, name)).id for name in names]
    newest, older = sorted(made[:2], reverse=True)
    found = decoded(await tenantry("projects", "list", "--search", "bakery", "--limit", "1", "--json"))
    assert ([each["id"] for each in found["items"]], found["before"]) == ([newest], newest)
    words = ["--search", "bakery", "--before", newest, "--json"]
    rest = decoded(await tenantry("projects", "list", *words))
    assert ([each["id"] for each in rest["items"]], rest["before"]) == ([older], None)


async def test_a_person_reads_a_line_each(tenantry: Tenantry, conn: Conn, organization_id: UUID) -> None:
    made = await create(conn, organization_id, "Bakery", customer_external_id="c-7")
    heading, line = (await tenantry("projects", "list", "--customer", "c-7")).stdout.splitlines()
    assert heading.split()[0] == "PROJECT"
    assert line.split()[:4] == [made.id, "Bakery", "active", "c-7"]


async def test_archived_ones_are_a_list_of_their_own(
    tenantry: Tenantry, conn: Conn, organization_id: UUID
) -> None:
    await create(conn, organization_id, "Bakery")
    assert decoded(await tenantry("projects", "list", "--status", "archived", "--json"))["items"] == []


async def test_one_is_shown_whole(tenantry: Tenantry, conn: Conn, organization_id: UUID) -> None:
    made = await create(conn, organization_id, "Bakery", metadata={"plan": "gold"})
    shown = decoded(await tenantry("projects", "show", made.id, "--json"))
    assert (shown["id"], shown["metadata"]) == (made.id, {"plan": "gold"})
    assert "Europe/Berlin" in (await tenantry("projects", "show", made.id)).stdout


async def test_an_archive_says_what_it_stops_and_which_job_ends_it(
    tenantry: Tenantry, conn: Conn, organization_id: UUID, redis_url: str
) -> None:
    project_id = await seeds.project(conn, organization_id)
    account = await seeds.account(conn, organization_id, project_id)
    place = organization_id, await seeds.content(conn, organization_id, project_id), account
    _, _, sending = [await seeds.post(conn, *place) for _ in range(3)]
    await conn.execute("update scheduled_post set status = 'publishing' where id = $1", sending)
    words = ["projects", "archive", str(project_id)]
    archived = decoded(await tenantry(*words, "--json"))
    assert (archived["id"], archived["status"]) == (ids.show(ids.PROJECT, project_id), "archived")
    assert (archived["canceledScheduledPosts"], archived["inFlightPosts"]) == (2, 1)
    assert rung(redis_url, ARCHIVE_PROJECT) == [archived["jobId"]]
    assert decoded(await tenantry(*words, "--json")) == archived
    again = await tenantry(*words)
    assert "canceledScheduledPosts  2\ninFlightPosts           1\n" in again.stdout
    assert again.stderr == f"Follow it: tenantry jobs watch {archived['jobId']}\n"
    lines = await conn.fetch("select * from audit_log where action = 'project.archived'")
    assert [(line["subject"], line["api_key_id"]) for line in lines] == [(archived["id"], None)]


async def test_one_is_un_archived_once_its_archive_has_ended(
    tenantry: Tenantry, conn: Conn, pool: Pool, organization_id: UUID
) -> None:
    made = await create(conn, organization_id, "Bakery")
    job = decoded(await tenantry("projects", "archive", made.id, "--json"))["jobId"]
    words = ["projects", "unarchive", made.id, "--json"]
    async with unchanged(pool):
        error = refused(await tenantry(*words), 4)
    assert error["details"] == {"reason": "ARCHIVE_RUNNING", "jobId": job}
    [claim] = await seeds.claims(conn, ARCHIVE_PROJECT)
    await jobs.settle(pool, [Settlement(claim, Done({}))])
    revived = decoded(await tenantry(*words))
    assert (revived["id"], revived["status"], revived["archivedAt"]) == (made.id, "active", None)


async def test_another_organizations_project_is_not_found(
    tenantry: Tenantry, conn: Conn, pool: Pool, organization_id: UUID
) -> None:
    made = await create(conn, organization_id, "Bakery")
    async with unchanged(pool):
        for verb in ("show", "archive", "unarchive"):
            assert refused(await tenantry("projects", verb, made.id, "--sandbox", "--json"), 3)
            unknown = ids.show(ids.PROJECT, uuid4())
            assert refused(await tenantry("projects", verb, unknown, "--json"), 3)
