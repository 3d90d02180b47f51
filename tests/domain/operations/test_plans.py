"""The end of an account reads few rows among many leased accounts."""

import pytest

from db.pool import Conn
from db.queries import purge
from tests import leasing, plans

pytestmark = pytest.mark.fresh

ROWS, MOST = 20_000, 100


async def test_who_leases_an_account_is_found_by_it(conn: Conn) -> None:
    """By plans from the start, and with statistics."""
    owner = await leasing.owner(conn)
    tenant = await leasing.tenant(conn)
    await conn.execute(
        """insert into social_account
                  (organization_id, project_id, id, platform, service_url, external_id, handle, traits,
                   owner_organization_id, owner_account_id)
           select $1, $2, gen_random_uuid(), platform, service_url, n::text, handle, traits,
                  organization_id, id
             from social_account cross join generate_series(1, $4::int) n
            where id = $3""",
        tenant.org, tenant.id, owner.account_id, ROWS,
    )  # fmt: skip
    for number, step in enumerate(("select", "vacuum analyze social_account")):
        mine = await leasing.another(conn, owner, handle=f"mine{number}")
        await conn.execute(step)
        async with plans.reading(conn, "social_account") as come:
            here = {"org": mine.org, "id": mine.account_id}
            await purge.purge_account.run(conn, **here)
            assert await purge.delete_account.value(conn, **here, project_id=mine.project_id)
        assert (come.scans, come.rows <= MOST) == (0, True), (step, come)
