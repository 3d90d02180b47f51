"""Jobs of conversion lines: one job at a time for each app and destination.

The outbox is in the event store, and its owners are in this database. So an event's commit can't submit a
job: the dispatcher finds the lines with due rows, and the next search recovers a crash in between.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import conversion_destination
from domain.apps.identifiers import SDK_APP_IDENTIFIERS_BY_PLATFORM
from domain.events.conversions import AppConversionQueue
from domain.security import vault
from domain.security.keyring import Keyring
from jobs import ledger
from jobs.kinds import RELAY_CONVERSIONS_KIND
from jobs.ledger import JobClaim, NewJob
from schemas.apps import AppPlatform
from schemas.conversions import ConversionDestination
from telemetry import log_context

#: Seconds of a destination's backoff after its first failure, and at most.
FIRST_DESTINATION_BACKOFF_S, MAX_DESTINATION_BACKOFF_S = 5.0, 900.0


class OpenConversionDestination(NamedTuple):
    """Destination that accepts conversions now. `sealed` is its stored token."""

    platform: AppPlatform
    sandbox: bool
    pixel_id: str
    token: str
    sealed: bytes
    test_event_code: str | None

    @property
    def is_web_destination(self) -> bool:
        return "web_domain" in SDK_APP_IDENTIFIERS_BY_PLATFORM[self.platform]

    def __repr__(self) -> str:
        return f"OpenDestination({self.platform})"


class ConversionDestinationCloseReason(NamedTuple):
    """Reason that a destination is closed."""

    code: str
    message: str


class _ConversionQueueOwnerRow(NamedTuple):
    organization_id: UUID
    app_id: UUID
    project_id: UUID
    app_no: int
    destination: ConversionDestination


class _ConversionQueueDestinationRow(NamedTuple):
    platform: AppPlatform
    deleted: bool
    archived: bool
    sandbox: bool
    enabled: bool
    pixel_id: str | None
    sealed: bytes | None
    vault_key_id: str | None
    test_event_code: str | None


FIND_APPS_OF_CONVERSION_QUEUES = conversion_destination.find_lines.typed(_ConversionQueueOwnerRow)
FIND_DESTINATION_OF_CONVERSION_QUEUE = conversion_destination.open_destination.typed(_ConversionQueueDestinationRow)

APP_DELETED_CONVERSION_CLOSE_REASON = ConversionDestinationCloseReason(
    "APP_DELETED", "the app was deleted before this was sent"
)
ARCHIVE_CONVERSION_CLOSE_REASON = ConversionDestinationCloseReason(
    "PROJECT_ARCHIVED", "the project was archived before this was sent"
)
DESTINATION_DISABLED_CLOSE_REASON = ConversionDestinationCloseReason(
    "DESTINATION_DISABLED", "the destination was switched off before this was sent"
)


async def submit_relay_jobs_of_conversion_queues(conn: Conn, *, lines: Sequence[AppConversionQueue]) -> int:
    """Submit the relay job of each of these conversion lines that has none, and isn't in backoff or purged.

    Returns the number of lines not in backoff or purged. If the ledger refuses a job, a search finds its line again.
    """
    project_ids, app_nos, destinations = zip(*lines, strict=True)
    rows = await FIND_APPS_OF_CONVERSION_QUEUES.all(
        conn, project_ids=project_ids, app_nos=app_nos, destinations=destinations
    )
    jobs = [
        NewJob(
            log_context.new_job_id(),
            RELAY_CONVERSIONS_KIND,
            organization_id,
            # A purge deletes its project's jobs. A job that is submitted later finds no rows, and ends.
            project_id=None,
            args={"project_id": project_id, "app_id": app_id, "app_no": app_no, "destination": destination},
            unique_key=f"relay:{app_id}:{destination}",
        )
        for organization_id, app_id, project_id, app_no, destination in rows
    ]
    await ledger.submit_jobs_of_tenants_or_alone(conn, jobs)
    return len(rows)


def conversion_queue_of_job_claim(claim: JobClaim) -> AppConversionQueue:
    args = claim.args
    return AppConversionQueue(UUID(args["project_id"]), args["app_no"], args["destination"])


async def read_conversion_destination_of_job(
    conn: Conn, *, claim: JobClaim, keyring: Keyring
) -> OpenConversionDestination | ConversionDestinationCloseReason:
    """Return the conversion destination of a job's line with its token, or the reason why it is closed now.

    It is closed for a deleted app, for a disabled destination, and from the commit of the project's archive on.
    """
    scope = _destination_ids_of_relay_job(claim)
    row = await FIND_DESTINATION_OF_CONVERSION_QUEUE.one(conn, **scope)
    if row is None or row.deleted:
        return APP_DELETED_CONVERSION_CLOSE_REASON
    if row.archived:
        return ARCHIVE_CONVERSION_CLOSE_REASON
    if not row.enabled or row.pixel_id is None or row.sealed is None or row.vault_key_id is None:
        return DESTINATION_DISABLED_CLOSE_REASON
    row_name = vault.secret_binding_name("conversion_destination", scope["org"], scope["app_id"], scope["destination"])
    token = vault.unseal_secret(keyring, vault.SealedSecret(row.vault_key_id, row.sealed), row=row_name)
    return OpenConversionDestination(
        row.platform, row.sandbox, row.pixel_id, token.decode(), row.sealed, row.test_event_code
    )


async def note_conversion_destination_success(conn: Conn, *, claim: JobClaim) -> None:
    """Record that a job's conversion destination accepted conversions, and clear its error and backoff."""
    await conversion_destination.note_forward.run(conn, **_destination_ids_of_relay_job(claim))


async def note_conversion_destination_refusal(conn: Conn, *, claim: JobClaim, message: str) -> None:
    """Record with `message` that a conversion destination refused some conversions; it gets no backoff."""
    await conversion_destination.note_refusal.run(conn, **_destination_ids_of_relay_job(claim), message=message)


async def note_conversion_destination_failure(
    conn: Conn, *, claim: JobClaim, to: OpenConversionDestination, message: str, after_s: float | None
) -> None:
    """Record a failed call to a conversion destination and start a backoff; do neither if it was changed since.

    The backoff is `after_s` or, if that is None, doubled after each failure up to `MAX_DESTINATION_BACKOFF_S`.
    """
    await conversion_destination.note_failure.run(
        conn,
        **_destination_ids_of_relay_job(claim),
        pixel_id=to.pixel_id,
        sealed=to.sealed,
        message=message,
        after_s=after_s,
        first_s=FIRST_DESTINATION_BACKOFF_S,
        most_s=MAX_DESTINATION_BACKOFF_S,
    )


def _destination_ids_of_relay_job(claim: JobClaim) -> dict[str, Any]:
    return {
        "org": claim.organization_id,
        "app_id": UUID(claim.args["app_id"]),
        "destination": claim.args["destination"],
    }
