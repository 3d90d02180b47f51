from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from db.pool import Conn
from domain import organizations, projects
from domain.projects import New
from schemas import ids
from schemas.projects import Project, ProjectCreate
from tests.cli.conftest import Tenantry, decoded, refused

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


async def test_another_organizations_project_is_not_found(
    tenantry: Tenantry, conn: Conn, organization_id: UUID
) -> None:
    made = await create(conn, organization_id, "Bakery")
    assert refused(await tenantry("projects", "show", made.id, "--sandbox", "--json"), 3)
    assert refused(await tenantry("projects", "show", ids.show(ids.PROJECT, uuid4()), "--json"), 3)
