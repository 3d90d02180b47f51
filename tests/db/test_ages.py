"""Times of rows: each is moved by its sandbox's clock, or listed here as a real one."""

import re

from db.pool import Pool
from db.queries import Query, sandbox_clock
from db.queries.aged_rows import SANDBOX_ROW_AGING_STATEMENTS

#: Tables without moved times: keys and logins, request records, deliveries, and rests of lines, which last seconds.
#: Snapshots are many, and have the sandbox's own times. Periods of leases must not overlap those of other sandboxes.
REAL = {
    "account_lease",
    "api_key",
    "audit_log",
    "brand_source",
    "conversion_destination",
    "idempotency_key",
    "queued_kind",
    "metric_snapshot",
    "oauth_state",
    "sandbox_clock",
    "sdk_app",
    "webhook_delivery",
    "webhook_endpoint",
    "webhook_event",
    "webhook_secret",
}
#: Workers' measurements of attempts.
MEASURED = {("job", "attempt_started_at"), ("job", "attempt_deadline_at")}

TIMES = """
    select c.table_name, c.column_name
      from information_schema.columns c
      join information_schema.columns o on o.table_schema = c.table_schema
                                       and o.table_name = c.table_name
                                       and o.column_name = 'organization_id'
      join information_schema.tables t on t.table_schema = c.table_schema
                                      and t.table_name = c.table_name
                                      and t.table_type = 'BASE TABLE'
     where c.table_schema = 'public'
       and (c.data_type like 'timestamp%' or c.udt_name = 'tstzrange')
"""
AGES = [sandbox_clock.age_jobs, *SANDBOX_ROW_AGING_STATEMENTS]


async def test_each_time_of_a_row_moves_or_is_real(pool: Pool) -> None:
    moved = {column for query in AGES for column in aged(query)}
    assert len(moved) > 50
    columns = {tuple(row) for row in await pool.fetch(TIMES) if row["table_name"] not in REAL}
    assert moved | MEASURED == columns


def aged(query: Query) -> set[tuple[str, str]]:
    """Return the tables and columns that a statement ages."""
    updates = re.findall(r"update (\w+)\s+set (.*?)\s+where organization_id", query.sql, re.DOTALL)
    return {
        (table, column)
        for table, columns in updates
        for column in re.findall(r"^\s*(\w+) =", columns, re.MULTILINE)
        if column not in {"stage", "state_version"}
    }
