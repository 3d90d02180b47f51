"""A connection job that dies half-way, and the detection of a server's software."""

import asyncio
from dataclasses import replace
from functools import partial
from uuid import UUID

import pytest

from db.pool import Conn, run_in_transaction
from domain.accounts import client_registrations
from domain.accounts.client_registrations import PlatformServerRef
from domain.connecting import connect
from domain.connecting.connect import AccountConnectJobArgs, ConsentCodeAndVerifier, HandleAndAppPassword
from platforms.mastodon.connect import build_mastodon_instance_traits
from schemas import ids
from tests import seeds
from tests.social_servers import Fediverse, Issued, LoopbackPds, s256
from tests.workers.accounts.project import BACK, ConnectingProject
from workers.runtime import server_slots

WHO = "/api/v1/accounts/verify_credentials"
LOGIN = "/xrpc/com.atproto.server.createSession"


async def submit(
    project: ConnectingProject, platform: str, secret: ConsentCodeAndVerifier | HandleAndAppPassword
) -> UUID:
    """Submit the job, for an API key that doesn't exist."""
    server = project.fediverse.url if platform == "mastodon" else project.pds.url
    key = await run_in_transaction(project.workers.pool, partial(seeds.api_key, org=project.workers.org))
    key_id = seeds.parse_id(ids.API_KEY_ID_PREFIX, key.id)
    asked = AccountConnectJobArgs(platform=platform, service_url=server, redirect_uri=BACK, api_key_id=key_id)
    submit = partial(connect.submit_account_connect, **project.scope, asked=asked, secret=secret, keyring=seeds.VAULT)
    return (await run_in_transaction(project.workers.pool, submit)).job_id


def code(fediverse: Fediverse) -> ConsentCodeAndVerifier:
    """Return a new one-time code of ada's."""
    fediverse.codes["secret-code"] = Issued("ada", "us", BACK, s256("secret-verifier"))
    return ConsentCodeAndVerifier(code="secret-code", verifier="secret-verifier")


async def test_a_retry_after_the_code_was_used_fails_with_start_again(
    project: ConnectingProject, fediverse: Fediverse
) -> None:
    """The code is used, and its result died with the attempt; a surviving attempt is fenced."""
    await project.registered()
    fediverse.held[WHO] = asyncio.Event()
    async with project.at_work():
        job_id = await submit(project, "mastodon", code(fediverse))
        await fediverse.reached(WHO)
        await project.workers.return_to_line(job_id)
        job = await project.workers.ended(job_id)
        fediverse.held[WHO].set()
    assert (job["state"], job["error"]["code"]) == ("failed", "CODE_REFUSED")
    assert "start again" in job["error"]["message"]
    assert fediverse.count("/oauth/token") == 2
    for table in ("social_account", "account_credential", "job_secret"):
        assert await project.count(table) == 0


async def test_a_login_that_dies_is_retried(project: ConnectingProject, pds: LoopbackPds) -> None:
    pds.held[LOGIN] = asyncio.Event()
    async with project.at_work():
        login = HandleAndAppPassword(identifier="shop.example", password="secret-app-password")
        job_id = await submit(project, "bluesky", login)
        await pds.reached(LOGIN)
        await project.workers.return_to_line(job_id)
        pds.held[LOGIN].set()
        job = await project.workers.ended(job_id)
    assert (job["state"], job["result"]["handle"]) == ("completed", "shop.example")
    assert await project.count("social_account") == 1


async def test_a_connection_at_a_busy_server_is_snoozed_and_keeps_its_code(
    project: ConnectingProject, fediverse: Fediverse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two slots one server may hold one: while a login hangs there, another tenant's code isn't sent."""
    monkeypatch.setattr(server_slots, "MAX_REMOTE_SERVER_SLOT_WAIT_S", 0.0)
    await project.registered()
    fediverse.held[WHO] = asyncio.Event()
    async with project.workers.pool.acquire() as conn:
        org = await seeds.organization(conn)
        neighbour = replace(project, workers=replace(project.workers, org=org), id=await seeds.project(conn, org))
    async with project.at_work(slots=2):
        first = await submit(project, "mastodon", code(fediverse))
        await fediverse.reached(WHO)
        second = await submit(neighbour, "mastodon", code(fediverse))
        await project.workers.becomes(second, "fence > 0 and state = 'queued'")
        assert fediverse.count("/oauth/token") == 1
        fediverse.held[WHO].set()
        assert (await project.workers.ended(first))["state"] == "completed"
        await project.workers.pool.execute("update job set run_at = now(), stage = 'queued' where state = 'queued'")
        assert (await project.workers.ended(second))["state"] == "completed"
    assert {*await project.workers.attempts(second)} == {"snoozed", "completed"}
    assert await project.workers.attempts(first) == ["completed"]


async def test_concurrent_registrations_leave_one(project: ConnectingProject, fediverse: Fediverse) -> None:
    """They are of two organizations, so each has a job of its own."""
    server = PlatformServerRef("mastodon", fediverse.url, BACK)
    fediverse.held["/api/v1/apps"] = asyncio.Event()

    async def ask(conn: Conn) -> UUID:
        org = await seeds.organization(conn)
        return (
            await client_registrations.submit_client_registration_job(conn, server=server, organization_id=org)
        ).job_id

    async with project.at_work():
        jobs = [await run_in_transaction(project.workers.pool, ask) for _ in range(2)]
        await fediverse.reached("/api/v1/apps", times=2)
        fediverse.held["/api/v1/apps"].set()
        for job_id in jobs:
            assert (await project.workers.ended(job_id))["state"] == "completed"
        third = await run_in_transaction(project.workers.pool, ask)
        assert (await project.workers.ended(third))["state"] == "completed"
    assert fediverse.count("/api/v1/apps") == 2
    (row,) = await project.workers.pool.fetch("select * from platform_app")
    async with project.workers.pool.acquire() as conn:
        client = await client_registrations.read_unsealed_oauth_client(conn, server=server, keyring=seeds.VAULT)
    assert client is not None
    assert fediverse.apps[row["client_id"]].secret == client.client_secret


@pytest.mark.parametrize(
    ("version", "software", "exact"),
    [
        ("4.4.1", "mastodon", True),
        ("4.3.0-beta.1+glitch", "mastodon", True),
        ("4.0.0 (not true; really snac/2.75)", "snac", False),
        ("2.7.2 (compatible; Pleroma 2.6.2)", "pleroma", False),
        ("0.17.3+git-6a2d1a8", "unknown", False),
        ("", "unknown", False),
    ],
)
def test_only_mastodon_and_its_forks_are_token_exact(version: str, software: str, exact: bool) -> None:
    found = build_mastodon_instance_traits({"version": version})
    assert (found["software"], found["tokenExact"]) == (software, exact)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"configuration": None},
        {"configuration": {"statuses": [], "media_attachments": {"image_size_limit": "big"}}},
        {"configuration": {"statuses": {"max_characters": True, "max_media_attachments": -1}}},
        {"version": {"x": 1}, "max_toot_chars": None},
    ],
)
def test_any_server_description_yields_traits(said: dict[str, object]) -> None:
    assert build_mastodon_instance_traits(said).keys() == {"software", "version", "tokenExact"}
