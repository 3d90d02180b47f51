"""Statements that move the times of a sandbox's rows into the past, from the columns of each table."""

from db.queries import Query

_AGE_SANDBOX_ROWS_SQL = """
update {table}
   set {times}
 where organization_id = :org"""


def _build_statement_that_ages_tables(name: str, **columns: str) -> Query:
    """Return the statement that moves times of organization `org` back; `columns`: a table's, parted by blanks."""
    *updates, last = [
        _AGE_SANDBOX_ROWS_SQL.format(
            table=table, times=",\n       ".join(f"{column} = {column} - :by::interval" for column in times.split())
        )
        for table, times in columns.items()
    ]
    ctes = ",\n".join(f"aged_{number} as ({update})" for number, update in enumerate(updates))
    return Query(name, f"with {ctes}{last}")


#: Statements for all times that a sandbox's clock moves, but for its jobs: `age_jobs` in `sandbox_clock.sql`.
SANDBOX_ROW_AGING_STATEMENTS = (
    _build_statement_that_ages_tables(
        "age_projects",
        project="created_at updated_at archived_at purging_at",
        github_installation="listed_at connected_at",
        influencer="created_at updated_at deleted_at",
        app_media="created_at updated_at",
        approved_claim="created_at valid_until",
        content_template="created_at updated_at deleted_at",
        content_template_version="created_at",
        media_upload="started_at",
        ingest="completed_at",
    ),
    _build_statement_that_ages_tables(
        "age_accounts",
        account_credential="expires_at rotated_at refresh_at",
        lease_request="created_at assigned_at",
        account_collection="asked_at",
        post_collection="asked_at due_at",
        social_account="cooldown_until connected_at disconnected_at offered_at collect_at",
    ),
    _build_statement_that_ages_tables(
        "age_posts",
        content_item="created_at updated_at",
        content_asset="created_at",
        content_generation="created_at",
        approval_decision="created_at",
        post_event="created_at",
        media_ticket="created_at fetched_at closed_at",
        account_send="at",
        scheduled_post=(
            "scheduled_for not_before attempted_at sent_at published_at canceled_at resolved_at created_at updated_at"
        ),
    ),
)
