"""Jobs started by a request, followed to their ends by long polling, with a progress bar."""

import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from cli.shared.output import build_rich_console
from cli.shared.remote import UNREADABLE_RESPONSE_ERRORS, ApiAddressAndKey

JOB_LONG_POLL_S = 30
#: Pause after an early response, and the default of `Retry-After`.
JOB_POLL_PAUSE_S = 1.0


class ScheduledPostJobReference(msgspec.Struct, rename="camel"):
    job_id: str | None = None


class StartedJobIdsResponse(msgspec.Struct, rename="camel"):
    """Response with job ids: a job, a 202, an archive, or scheduled posts."""

    job_id: str | None = None
    scheduled_posts: list[ScheduledPostJobReference] = []


def read_started_job_ids_of_response(content: bytes) -> list[str]:
    """Return the ids of the jobs that an API response's body names; empty for a body of another form."""
    try:
        started = msgspec.json.decode(content, type=StartedJobIdsResponse)
    except UNREADABLE_RESPONSE_ERRORS:
        return []
    job_ids = [started.job_id, *(post.job_id for post in started.scheduled_posts)]
    return [job_id for job_id in job_ids if job_id]


def follow_job(remote: ApiAddressAndKey, client: httpx.Client, job_id: str) -> httpx.Response:
    """Wait for a job's end, on a terminal with a progress bar; return the last response: the ended job or an error."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    hidden = not sys.stderr.isatty()
    with Progress(*columns, console=build_rich_console(sys.stderr), disable=hidden, transient=True) as bar:
        task = bar.add_task(job_id, total=1.0)
        for response in _long_poll_followed_job(client, remote.build_url(f"jobs/{job_id}")):
            if response.is_success:
                job: dict[str, Any] = response.json()
                bar.update(task, completed=job["progress"], description=describe_followed_job(job))
    return response


def describe_followed_job(job: dict[str, Any]) -> str:
    """Return the kind of a job, with its stage while it runs, else with its phase."""
    phase = job["phase"]
    return f"{job['kind']} {job['stage'] if phase == 'running' else phase}"


def is_cli_job_completed(response: httpx.Response) -> bool:
    return response.is_success and response.json()["status"] == "completed"


def _long_poll_followed_job(client: httpx.Client, url: httpx.URL) -> Iterator[httpx.Response]:
    """Yield the response with a job now and at each change, until its end or an error; wait at rate limits."""
    response, etag = client.get(url), ""
    while True:
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            time.sleep(_poll_retry_after_s(response))
        else:
            yield response
            if response.is_error or response.json()["status"] != "running":
                return
            etag = response.headers["ETag"]
        response = _poll_until_job_changes(client, url, etag)


def _poll_retry_after_s(response: httpx.Response) -> float:
    """Return a response's `Retry-After` in seconds. A date (RFC 9110 10.2.3) or none counts as `JOB_POLL_PAUSE_S`."""
    header = response.headers.get("Retry-After", "")
    return float(header) if header.isdecimal() else JOB_POLL_PAUSE_S


def _poll_until_job_changes(client: httpx.Client, url: httpx.URL, etag: str) -> httpx.Response:
    """Poll a job by long polls until its ETag isn't `etag`; return that response, or an error response."""
    while True:
        began = time.monotonic()
        response = client.get(url, params={"wait": JOB_LONG_POLL_S}, headers={"If-None-Match": etag} if etag else None)
        if response.status_code != httpx.codes.NOT_MODIFIED:
            return response
        if time.monotonic() - began < JOB_POLL_PAUSE_S:
            time.sleep(JOB_POLL_PAUSE_S)
