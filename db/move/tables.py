"""The way of each table when an organization moves to another cell (`tests/db/test_movable_tables.py`).

- *Replicated* ahead: no process acts on a row of these tables by itself. So the rows may be in both cells for a while.
  A row filter of updates and deletes may only use columns of the primary key.
- *Appended*: replicated without updates and deletes, since the table has no primary key.
- *Copied* during the pause: a worker or the dispatcher would act on these rows, or a key would open a half-moved
  organization.
- *Folded*: queues of the event store. Their rows stay; the switch waits until they are folded into replicated counts.
- *Uncompared*: tables with rows that may differ at both ends, with the reason.
- *Shared*: rows without an organization. They stay.
"""

#: Replicated tables of the main schema, filtered by organization.
REPLICATED_TABLES = tuple(
    """
    account_send app_media approval_decision approved_claim asset_thumbnail audit_log brand_source content_asset
    content_generation content_item content_template content_template_version idempotency_key influencer
    influencer_portrait ingest intake_day job_attempt lease_request media_ticket metric_snapshot post_collection
    post_event project scheduled_post
    """.split()
)

#: Copied tables of the main schema. `organization` comes last: with its row the organization is open in its new cell.
COPIED_TABLES = tuple(
    """
    account_collection account_credential account_lease api_key conversion_destination github_installation job
    job_secret job_step media_upload oauth_state queued_kind sandbox_clock sdk_app social_account storage_use
    webhook_delivery webhook_endpoint webhook_event webhook_secret organization
    """.split()
)

#: Tables of the event store, filtered by project, since they have no column of the organization.
REPLICATED_EVENT_TABLES = tuple(
    """
    ad_day event_name event_name_count event_person event_person_month event_quarantine event_rollup
    event_rollup_hour
    """.split()
)
APPENDED_EVENT_TABLES = ("event",)
#: Ids of events get the generation that is open in the new cell, so they are copied twice: ahead, and those since then.
COPIED_EVENT_TABLES = ("event_conversion", "event_seen")
FOLDED_EVENT_TABLES = ("event_delta", "event_person_delta")

#: Shared tables, with the reason.
SHARED_TABLES = {
    "event_archive": "position of the cell's own archive",
    "event_generation": "generation of ids that is open in the cell",
    "event_migration": "schema",
    "line_rest": "hints of the pull, which expire",
    "migration": "schema",
    "platform_app": "clients of the cell at servers of platforms; the missing ones are copied",
    "pool": "workers of the cell",
    "pool_cap": "setting of the cell",
    "pool_count": "counts of the cell's queues",
    "poster_search": "position of a search over all organizations",
    "upstream_pace": "pace of the cell's requests to a server",
    "worker": "leases of the cell's processes",
}

#: Sequences with numbers that receivers know. At the target they go on above those of the source.
RAISED_SEQUENCES = ("webhook_version",)

#: Values that are only valid in the database that wrote them, as an expression for the new one. `{ahead}` is the number
#: by which the transaction ids of the old database are ahead. Old events may share one, and keep the order of their own
#: ids.
TRANSLATED_COLUMNS = {("webhook_event", "xid"): "greatest(xid::text::bigint - {ahead}, 3)::text::xid8"}

#: Columns with another value in the new cell: no mark of a move, and no queue held or measured by the old cell's pulls.
OPENED_COLUMNS = {
    ("organization", "moving_to"): "null::bigint",
    ("queued_kind", "rest_until"): "null::timestamptz",
    ("queued_kind", "read_from"): "timestamptz '-infinity'",
    ("queued_kind", "read_from_until"): "timestamptz '-infinity'",
}

#: Copied tables that the source keeps until its purge, so that a moved key gets a 503 there, and not a 401.
KEY_TABLES = ("api_key", "sdk_app", "organization")

MAIN_TABLES = REPLICATED_TABLES + COPIED_TABLES
EVENT_TABLES = REPLICATED_EVENT_TABLES + APPENDED_EVENT_TABLES + COPIED_EVENT_TABLES + FOLDED_EVENT_TABLES

#: Tables that may have another number of rows at each end, with the reason.
UNCOMPARED_TABLES = {
    "intake_day": "API processes add to it for many organizations in one statement, so it is never frozen",
    "event_delta": "folded before",
    "event_person_delta": "folded before",
    "event_seen": "the target has other generations",
}

#: Conditions of rows that no chore of either cell deletes by age during the pause. Only these rows are compared. Each
#: is shorter than the retention in `jobs/maintenance.py`, `domain/media/tickets.py` and `domain/events/quarantine.py`.
#: `{now}` is a time of the pause, `{event_days}` is `EVENT_DAYS` of the source.
YOUNG_ROWS = {
    "event": "occurred_at > {now} - interval '10 days'",
    "event_conversion": "created_at > {now} - interval '1 day' * ({event_days} - 1)",
    "event_quarantine": "received_at > {now} - interval '6 days'",
    "idempotency_key": "created_at > {now} - interval '23 hours'",
    "job": """(finished_at is null or finished_at > {now} - interval '50 minutes'
               or finished_at > {now} - interval '29 days'
                  and kind not in ('collect_metrics', 'relay_conversions', 'deliver_webhook'))""",
    "job_attempt": "ended_at > {now} - interval '50 minutes'",
    "media_ticket": "created_at > {now} - interval '3 days'",
}

#: Condition of events of past days, which are compared before the pause: no later ones arrive for these days
#: (`EVENT_TABLE_PAST_DAYS` in `domain/events/partitions.py`), and there may be very many.
SETTLED_EVENTS = """occurred_at <= {now} - interval '9 days'
                    and occurred_at > {now} - interval '1 day' * ({event_days} - 1)"""


def filter_column_of_table(table: str) -> str:
    """Return the column that tells an organization's rows: its id or, in the event store, its project's id."""
    if table in EVENT_TABLES:
        return "project_id"
    return "id" if table == "organization" else "organization_id"
