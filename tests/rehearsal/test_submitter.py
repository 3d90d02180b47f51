"""A submitter: an errand that it asks again, since the answer may have been lost, is the same job."""

from functools import partial
from itertools import islice

from db.pool import Pool, transact
from rehearsal.load import errands
from rehearsal.submitter import submit
from tests import seeds


async def test_an_errand_that_is_asked_again_is_one_job(pool: Pool) -> None:
    async with pool.acquire() as conn:
        tenants = [await seeds.organization(conn) for _ in range(2)]
    for errand in islice(errands(1, tenants), 30):
        asked = [await transact(pool, partial(submit, errand)) for _ in range(2)]
        assert asked[0][0] == asked[1][0]
    keys = await pool.fetch("select count(*) from job group by args ->> 'key'")
    assert {row["count"] for row in keys} == {1}
