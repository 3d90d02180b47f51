"""6. Fair queue: no tenant waits behind another tenant's jobs, and none exceeds its cap.

The next free slot goes to the tenant with the fewest running jobs; of equals, to the one served longest ago.
"""

from uuid import UUID

from db.pool import Conn
from domain.tenancy import organizations
from jobs import ledger
from jobs.kinds import INGEST_WEBSITE_KIND
from tests import seeds


async def submit(conn: Conn, org: UUID, count: int) -> None:
    project = await seeds.project(conn, org)
    for _ in range(count):
        await ledger.submit_job(
            conn, kind=INGEST_WEBSITE_KIND, organization_id=org, project_id=project, args={"url": "-"}
        )


async def test_one_job_does_not_wait_behind_a_hundred(conn: Conn) -> None:
    whale, minnow = await seeds.organization(conn), await seeds.organization(conn)
    await submit(conn, whale, 100)
    await submit(conn, minnow, 1)
    pulled = await seeds.claims(conn, INGEST_WEBSITE_KIND, free=2)
    assert {claim.organization_id for claim in pulled} == {whale, minnow}


async def test_a_cap_is_exact(conn: Conn) -> None:
    """The standard tier runs at most five ingests at once; the rest waits, and others use the slots."""
    standard = (await organizations.insert_organization_pair(conn, name="Standard", tier="standard")).live
    await submit(conn, standard, 20)
    assert len(await seeds.claims(conn, INGEST_WEBSITE_KIND, free=10)) == 5
    assert await seeds.claims(conn, INGEST_WEBSITE_KIND, free=10) == []
