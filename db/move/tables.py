"""The way of each table when an organization moves to another cell (`tests/db/test_movable_tables.py`).

- *Replicated* ahead: no process acts on a row of these tables by itself. So the rows may be in both cells for a while.
  A row filter of updates and deletes may only use columns of the primary key.
- *Appended*: replicated without updates and deletes, since the table has no primary key.
- *Copied* during the pause: a worker or the dispatcher would act on these rows, or a key would open a half-moved
  organization.
- *Folded*: queues of the event store. Their rows stay; the switch waits until they are folded into replicated counts.
- *Shared*: rows without an organization. They stay.
"""

#: Replicated tables of the main schema, filtered by organization.
REPLICATED_TABLES = tuple(
    """
    account_send app_media approval_decision asset_thumbnail audit_log brand_source content_asset
    content_generation content_item idempotency_key influencer influencer_portrait ingest intake_day
    job_attempt lease_request media_ticket metric_snapshot post_collection post_event project scheduled_post
    """.split()
)

#: Copied tables of the main schema. `organization` comes last: with its row the organization is open in its new cell.
COPIED_TABLES = tuple(
    """
    account_collection account_credential account_lease api_key conversion_destination github_installation job
    job_secret job_step media_upload oauth_state sandbox_clock sdk_app social_account storage_use
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

#: Tables that the new cell fills from moved rows by itself, with the way.
DERIVED_TABLES = {"queued_kind": "triggers of the copied due jobs"}

#: Values that are only valid in the database that wrote them, as an expression for the new one. `{ahead}` is the number
#: by which the transaction ids of the old database are ahead. Old events may share one, and keep the order of their own
#: ids.
TRANSLATED_COLUMNS = {("webhook_event", "xid"): "greatest(xid::text::bigint - {ahead}, 3)::text::xid8"}

#: Copied tables that the source keeps until its purge, so that a moved key gets a 503 there, and not a 401.
KEY_TABLES = ("api_key", "sdk_app", "organization")

MAIN_TABLES = REPLICATED_TABLES + COPIED_TABLES
EVENT_TABLES = REPLICATED_EVENT_TABLES + APPENDED_EVENT_TABLES + COPIED_EVENT_TABLES + FOLDED_EVENT_TABLES


def filter_column_of_table(table: str) -> str:
    """Return the column that tells an organization's rows: its id or, in the event store, its project's id."""
    if table in EVENT_TABLES:
        return "project_id"
    return "id" if table == "organization" else "organization_id"
