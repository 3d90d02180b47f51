import pytest

from db.migrate import (
    EVENT_SCHEMA_MIGRATION_SOURCE,
    MAIN_SCHEMA_MIGRATION_SOURCE,
    read_all_migrations,
    read_sql_functions,
)
from db.pool import Conn
from tests.cli.conftest import Tenantry

EVERY = [
    each.name
    for schema in (MAIN_SCHEMA_MIGRATION_SOURCE, EVENT_SCHEMA_MIGRATION_SOURCE)
    for each in (*read_sql_functions(schema), *read_all_migrations(schema))
]

pytestmark = pytest.mark.usefixtures("environment")


async def test_pending_migrations_are_applied_and_listed(tenantry: Tenantry, conn: Conn) -> None:
    await conn.execute("drop schema public cascade; create schema public")
    result = await tenantry("migrate")
    assert [line.strip() for line in result.stdout.splitlines()[1:]] == EVERY
