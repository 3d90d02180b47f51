import pytest

from db.pool import Conn
from schemas import ids
from tests import seeds
from tests.cli.conftest import Tenantry, decoded, refused

pytestmark = pytest.mark.usefixtures("environment")


async def test_an_archived_project_is_purged_by_its_name(tenantry: Tenantry, conn: Conn) -> None:
    project_id = await seeds.project(conn, await seeds.organization(conn))
    shown = ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, project_id)
    purge = ("projects", "purge", shown, "--name")
    assert refused(await tenantry(*purge, "Shop", "--json"), 4)["code"] == "CONFLICT"
    await conn.execute("update project set status = 'archived', archived_at = now()")
    assert refused(await tenantry(*purge, "shop", "--json"), 2)["code"] == "VALIDATION"
    answer = decoded(await tenantry(*purge, "Shop", "--json"))
    assert (answer["id"], answer["status"]) == (shown, "purging")
    [job] = await conn.fetch("select kind, project_id from job")
    assert tuple(job) == ("purge_project", None)
