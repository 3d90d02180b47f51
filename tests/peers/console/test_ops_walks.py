"""Walks of an operator through pools and organizations, and of a partner through many jobs."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest

from db.pool import open_postgres_pool
from domain.tenancy import api_keys
from schemas import ids
from tests import seeds
from tests.api.conftest import new_key
from tests.peers.chromium import BrowserTab
from tests.peers.console.actions import click_button
from tests.peers.own_api import OwnApi, own_api

pytestmark = pytest.mark.peers

NAMES = ("Ana's shop", "Ben's shop", "Cem's shop")


class OpsApi(NamedTuple):
    """`api` has the operator's key; `theirs` is a key of the organization `partner`."""

    api: OwnApi
    partner: str
    theirs: str

    def open(self, page: BrowserTab, address: str, ready: str, *, key: str | None = None) -> None:
        """Open a screen in a tab that has the key."""
        self.api.open(page, address, ready, key=key)

    def answers(self) -> int:
        """Return the status of a request with the partner's key."""
        with self.api._replace(key=self.theirs).client() as client:
            return client.get("/projects").status_code

    def organization(self, client: httpx.Client) -> dict[str, Any]:
        body: dict[str, Any] = next(
            one for one in client.get("/ops/organizations").json()["items"] if one["id"] == self.partner
        )
        return body


@pytest.fixture(scope="module")
def ops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpsApi]:
    with own_api(tmp_path_factory.mktemp("console")) as api:
        operator = asyncio.run(key_of_first(api.database_url))
        mine = api._replace(key=operator)
        with mine.client() as client:
            created = client.post("/ops/organizations", json={"name": "Harbour", "tier": "standard"})
            assert created.is_success, created.text
        partner = str(created.json()["id"])
        yield OpsApi(mine, partner, asyncio.run(key_of(api.database_url, partner)))


async def key_of_first(url: str) -> str:
    """Create an operator's key in the existing organization."""
    async with open_postgres_pool(url, name="test") as pool:
        org = await pool.fetchval("select id from organization where env = 'live'")
        return await new_key(pool, org, scopes=tuple(sorted(api_keys.ALL_API_KEY_SCOPES)))


async def key_of(url: str, organization: str) -> str:
    async with open_postgres_pool(url, name="test") as pool:
        return await new_key(pool, seeds.parse_id(ids.ORGANIZATION_ID_PREFIX, organization))


def row(of: str) -> str:
    """Return an expression for the table row that contains this text."""
    says = f"one.innerText.includes({json.dumps(of)})"
    return f"[...document.querySelectorAll('main tbody tr')].find((one) => {says})"


def click(page: BrowserTab, text: str, *, within: str) -> None:
    """Click the button with this text, once it is there."""
    button = f"[...({within})?.querySelectorAll('button') ?? []].find((one) => one.innerText === {text!r})"
    page.until(button)
    page.run(f"{button}.click()")


def confirm(page: BrowserTab, heading: str, verb: str) -> None:
    """Confirm the dialog, and wait until it is closed and the row redrawn."""
    page.until(f"document.querySelector('dialog[open] h2')?.innerText === {heading!r}")
    click_button(page, verb)
    page.until("!document.querySelector('dialog')")


def test_pool_is_paused_and_resumed_with_audit_entries(ops: OpsApi, page: BrowserTab) -> None:
    with ops.api.client() as client:
        for verb, badge, paused in (("Pause", "paused", True), ("Resume", "open", False)):
            ops.open(page, "overview", row("publish"))
            click(page, verb, within=row("publish"))
            confirm(page, f"{verb} the pool “publish”?", verb)
            page.until(f"{row('publish')}?.querySelector('.badge').innerText === {badge!r}")
            pools = {one["name"]: one["paused"] for one in client.get("/ops/pools").json()["items"]}
            assert [name for name, is_paused in pools.items() if is_paused] == ["publish"] * paused
            action = f"pool.{verb.lower()}d"
            [entry] = client.get("/audit-log", params={"action": action}).json()["items"]
            assert entry["subject"] == "publish"
            ops.open(page, f"audit?action={action}", row(action))
            assert "publish" in page.run(f"{row(action)}.innerText")


def test_organization_is_suspended_and_restored(ops: OpsApi, page: BrowserTab) -> None:
    """Its keys are refused at once; its own audit log has both changes, without the operator's key."""
    with ops.api.client() as client:
        ops.open(page, "organizations", row("Harbour"))
        for verb, badge, status in (("Suspend", "suspended", 503), ("Resume", "active", 200)):
            click(page, verb, within=row("Harbour"))
            confirm(page, f"{verb} the organization?", verb)
            page.until(f"{row('Harbour')}?.querySelector('.badge').innerText === {badge!r}")
            assert ops.organization(client)["suspended"] == (verb == "Suspend")
            assert ops.answers() == status
    ops.open(page, "audit", row("organization.changed"), key=ops.theirs)
    changed = page.run(
        "[...document.querySelectorAll('main tbody tr')].map((one) => one.innerText)"
        ".filter((text) => text.includes('organization.changed'))"
    )
    assert len(changed) >= 2
    assert all("operator" in text for text in changed)


def test_organization_tier_changes_its_limits(ops: OpsApi, page: BrowserTab) -> None:
    with ops.api.client() as client:
        before = client.get(f"/ops/organizations/{ops.partner}/usage").json()
        ops.open(page, "organizations", row("Harbour"))
        click(page, "Change tier", within=row("Harbour"))
        page.until("document.querySelector('dialog [name=tier]')?.value === 'standard'")
        page.run("document.querySelector('dialog [name=tier]').value = 'partner'")
        confirm(page, "Change the tier", "Change tier")
        page.until(f"{row('Harbour')}?.innerText.includes('partner')")
        assert ops.organization(client)["tier"] == "partner"
        after = client.get(f"/ops/organizations/{ops.partner}/usage").json()
        assert total_slots(after) > total_slots(before)
        click(page, "Show usage", within=row("Harbour"))
        page.until("document.querySelector('dialog[open] .facts')?.innerText.includes('partner')")


def total_slots(usage: dict[str, Any]) -> int:
    """Return the number of jobs that may run at once, in all pools."""
    return sum(pool["maxRunning"] or 0 for pool in usage["pools"])


def test_only_selected_jobs_are_canceled_and_retried(ops: OpsApi, page: BrowserTab) -> None:
    with ops.api._replace(key=ops.theirs).client() as client:
        jobs = [waiting(client, name) for name in NAMES]
        ops.open(page, "jobs", "document.querySelectorAll('main tbody tr').length === 3", key=ops.theirs)
        for verb, over in (("Cancel", "canceled"), ("Retry", "queued")):
            for job in jobs[:2]:
                page.run(f"{chosen(job)}.click()")
            page.until("document.querySelector('.chosen strong')?.innerText === '2 selected'")
            click(page, f"{verb} 2", within="document.querySelector('.chosen')")
            confirm(page, f"{verb} 2 jobs?", f"{verb} 2 jobs")
            page.until("!document.querySelector('.chosen')")
            seen = "[...document.querySelectorAll('main .badge')].map((one) => one.innerText)"
            page.until(f"{seen}.filter((one) => one === {over!r}).length === {2 if over == 'canceled' else 3}")
        body = client.get("/jobs").json()["items"]
    assert {one["jobId"]: one["status"] for one in body if one["jobId"] in jobs} == dict(
        zip(jobs, ("canceled", "canceled", "running"), strict=True)
    )
    again = [one["retryOf"] for one in body if one["jobId"] not in jobs]
    assert sorted(again) == sorted(jobs[:2])


def waiting(client: httpx.Client, name: str) -> str:
    """Submit a job of a new project, without a worker."""
    created = client.post("/projects", json={"name": name, "timezone": "UTC"})
    assert created.status_code == 201, created.text
    read = client.post(f"/projects/{created.json()['id']}/ingest/website", json={"url": "https://shop.example"})
    assert read.status_code == 202, read.text
    return str(read.json()["jobId"])


def chosen(job: str) -> str:
    """Return an expression for the checkbox of a job's row."""
    return f"document.querySelector('[data-pick][aria-label$=\"{job}\"]')"
