"""The frame: everything works by keyboard, and a refresh keeps focus, scroll and selection."""

import pytest

from jobs.states import ALL_JOB_PHASES, api_status_of_job_phase
from schemas import ids
from tests.peers.chromium import BrowserTab
from tests.peers.console.actions import press
from tests.peers.console.filled_api import FilledApi

pytestmark = pytest.mark.peers

ROWS = "document.querySelectorAll('main tbody tr')"
READ = f"""{{
  window.row = {ROWS}[14];
  scrollTo(0, 400);
  row.querySelector('a').focus({{preventScroll: true}});
  row.querySelector('input').click();
  getSelection().selectAllChildren(row.cells[4]);
  window.before = [row.getBoundingClientRect().top, String(getSelection())];
}} 1"""
HERE = "document.querySelector('main h1')?.innerText"


def test_keyboard_navigates_the_console(filled: FilledApi, page: BrowserTab) -> None:
    filled.open(page, "projects", "document.querySelector('main td')")
    # A key sequence has 1.5 s: time stands still, in case the machine stalls.
    page.run("{ const now = Date.now(); Date.now = () => now; }")
    press(page, "g", "j")
    page.until(f"{HERE} == 'Jobs' && {ROWS}.length > 20")
    press(page, "/")
    assert page.run("document.activeElement.dataset.search") == ""
    press(page, "Escape", "j", "j", "k")
    assert page.run(f"[...{ROWS}].indexOf(document.activeElement)") == 0
    press(page, "x")
    page.until("document.querySelector('.chosen')")
    press(page, "j", "Enter")
    page.until("document.querySelector('main .back')")
    press(page, "?")
    page.until("document.querySelector('dialog .keys')")
    press(page, "Escape")
    page.until("!document.querySelector('dialog')")
    press(page, "Ctrl+k", *"work", "Enter")
    page.until(f"{HERE} == 'Workers'")


def test_refresh_keeps_focus_scroll_and_selection(filled: FilledApi, page: BrowserTab) -> None:
    """A new job appears above the visible rows."""
    filled.open(page, "jobs", f"{ROWS}.length > 20")
    page.run(READ)
    first = page.run(f"{ROWS}[0].dataset.href")
    with filled.api.client() as client:
        created = client.post(f"/projects/{filled.other}/ingest/website", json={"url": "https://new.example"})
        assert created.status_code == 202, created.text
    page.until(f"{ROWS}[0].dataset.href != '{first}'")
    assert page.run("document.activeElement == row.querySelector('a')")
    assert page.run("row.isConnected && row.querySelector('input').checked")
    assert page.run("String(getSelection()) == before[1] && before[1] != ''")
    assert page.run("Math.abs(row.getBoundingClientRect().top - before[0]) < 2")
    for shown in ("Paused", "Live"):
        page.run("document.querySelector('.foot [aria-pressed]').click()")
        page.until(f"document.querySelector('.foot [aria-pressed]').innerText == '{shown}'")


def test_actions_without_scope_are_hidden(filled: FilledApi, page: BrowserTab) -> None:
    with filled.api.client() as client:
        reader = client.post("/api-keys", json={"name": "reader", "scopes": ["jobs:read"]})
    filled.open(page, "jobs", f"{ROWS}.length > 20", key=reader.json()["apiKey"])
    assert page.run("[...document.querySelectorAll('#bar nav a')].map((one) => one.innerText)") == ["Jobs"]
    assert page.run("document.querySelectorAll('main [data-pick]').length") == 0


def test_operator_sees_a_wait_reason_and_jobs_of_its_project(filled: FilledApi, page: BrowserTab) -> None:
    """The project's jobs and those of a kind can be retried in bulk."""
    headers = {"Authorization": f"Bearer {filled.key}"}
    with filled.api.client() as client:
        assert client.post("/ops/pools/ingest/pause", headers=headers).is_success
        [job] = client.get("/jobs?status=running&limit=1").json()["items"]
        filled.open(page, f"ops-jobs/{job['jobId']}", "document.querySelector('main .waiting')")
        assert "paused the pool ingest" in page.run("document.querySelector('main .waiting').innerText")
        assert "Submitted" in page.run("document.querySelector('main .timeline').innerText")
        assert client.post("/ops/pools/ingest/resume", headers=headers).is_success
    page.run("document.querySelector('main .facts a[href*=projectId]').click()")
    page.until(f"{HERE} == 'All jobs' && {ROWS}.length > 0")
    project = page.run("document.querySelector('main [aria-label^=Project]').value")
    assert project == job["projectId"]
    for filters in (f"projectId={filled.project}", "kind=publish_post"):
        filled.open(page, f"ops-jobs?phase=failed&{filters}", f"{ROWS}.length > 20")
        assert "all matching jobs" in page.run("document.querySelector('main').innerText")


def test_error_names_the_next_step(filled: FilledApi, page: BrowserTab) -> None:
    """The error shows the request id to copy."""
    page.expects.append("404")
    filled.open(page, f"jobs/{ids.new_prefixed_id(ids.JOB_ID_PREFIX)}", "document.querySelector('main .failed')")
    text = page.run("document.querySelector('main .failed').innerText")
    for words in ("NOT_FOUND", "req_", "Try again"):
        assert words in text


# Tabs of the operators' list of jobs.

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
        *(f"{one.title()} {by[one]:,}{'+' if api_status_of_job_phase(one) in more else ''}" for one in ALL_JOB_PHASES),
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
