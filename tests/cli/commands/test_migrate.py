import pytest

from db.migrate import EVENTS, MAIN, all_migrations, functions
from db.pool import Conn
from tests.cli.conftest import Tenantry

EVERY = [each.name for schema in (MAIN, EVENTS) for each in (*functions(schema), *all_migrations(schema))]

pytestmark = pytest.mark.usefixtures("environment")


async def test_pending_migrations_are_applied_and_listed(tenantry: Tenantry, conn: Conn) -> None:
    await conn.execute("drop schema public cascade; create schema public")
    result = await tenantry("migrate")
    assert [line.strip() for line in result.stdout.splitlines()[1:]] == EVERY
