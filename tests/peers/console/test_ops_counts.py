"""Operators' list of jobs: the tabs' counts match the list."""

import pytest

from jobs.states import PHASES, api_status
from tests.peers.chromium import BrowserTab
from tests.peers.console.filled_api import FilledApi

pytestmark = pytest.mark.peers

COUNTS = "[...document.querySelectorAll('main .tabs a')].map((one) => one.innerText.replace(/\\s+/g, ' '))"
READY = "document.querySelector('main .tabs .count')"


def expected_tabs(api: FilledApi, **filters: str) -> list[str]:
    """Return the expected texts of the tabs, from the API's counts."""
    with api.api.client() as client:
        headers = {"Authorization": f"Bearer {api.key}"}
        body = client.get("/ops/jobs/counts", params=filters, headers=headers).json()
    by, more = body["byPhase"], body["moreOf"]
    all_of_them = f"All {sum(by.values()):,}{'+' if more else ''}"
    return [
        all_of_them,
        *(f"{one.title()} {by[one]:,}{'+' if api_status(one) in more else ''}" for one in PHASES),
    ]


def test_tabs_count_jobs_that_match_the_filters(filled: FilledApi, page: BrowserTab) -> None:
    """The counts do not depend on the open tab."""
    for filters in ({}, {"kind": "publish_post"}, {"errorCode": "BLOCKED"}, {"projectId": filled.other}):
        address = "&".join(f"{name}={value}" for name, value in filters.items())
        for phase in ("", "failed", "scheduled"):
            filled.open(page, f"ops-jobs?{address}&phase={phase}", READY)
            assert page.run(COUNTS) == expected_tabs(filled, **filters), (filters, phase)


def test_bulk_actions_respect_the_project_filter(filled: FilledApi, page: BrowserTab) -> None:
    """Jobs of other projects exist too."""
    with filled.api.client() as client:
        project = filled.api.project(client)
        body = {"url": "https://other.example"}
        client.post(f"/projects/{project}/ingest/website", json=body).raise_for_status()
    ready = "document.querySelector('main tbody tr')"
    filled.open(page, f"ops-jobs?phase=queued&projectId={project}", ready)
    page.run(
        "[...document.querySelectorAll('main button')]"
        ".find((one) => one.innerText == 'Cancel all matching jobs').click()"
    )
    page.until("document.querySelector('dialog[open] h2')?.innerText == 'Cancel 1 job?'")
