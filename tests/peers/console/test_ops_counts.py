"""Operators' list of jobs: its tabs show how many there are of each status, as the list has them."""

import pytest

from tests.peers.chromium import Page
from tests.peers.console.filled_api import FilledApi

pytestmark = pytest.mark.peers

COUNTS = "[...document.querySelectorAll('main .tabs a')].map((one) => one.innerText.replace(/\\s+/g, ' '))"
READY = "document.querySelector('main .tabs .count')"


def counted(api: FilledApi, **filters: str) -> list[str]:
    """The texts of the tabs, from what the API says."""
    with api.api.client() as client:
        headers = {"Authorization": f"Bearer {api.key}"}
        found = client.get("/ops/jobs/counts", params=filters, headers=headers).json()
    by, more = found["byStatus"], found["moreOf"]
    every = ("running", "failed", "canceled", "completed")
    all_of_them = f"All {sum(by.values()):,}{'+' if more else ''}"
    return [all_of_them, *(f"{one.title()} {by[one]:,}{'+' if one in more else ''}" for one in every)]


def test_its_tabs_count_what_passes_the_filters(filled: FilledApi, tab: Page) -> None:
    """Whichever tab is open."""
    for filters in ({}, {"kind": "publish_post"}, {"errorCode": "BLOCKED"}, {"projectId": filled.other}):
        address = "&".join(f"{name}={value}" for name, value in filters.items())
        for status in ("", "failed"):
            filled.open(tab, f"ops-jobs?{address}&status={status}", READY)
            assert tab.run(COUNTS) == counted(filled, **filters), (filters, status)
