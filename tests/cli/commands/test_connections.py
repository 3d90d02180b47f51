"""`tenantry accounts connect`, `oauth-url`, `reauth-url`: an account gets connected in the name of a key."""

import asyncio
import os
import pty
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple
from uuid import UUID

import pytest
import pytest_asyncio

from db.pool import Conn, Pool
from domain.connecting import connect
from domain.connecting.connect import Login
from jobs.kinds import CONNECT_ACCOUNT, REGISTER_APP
from schemas import ids
from schemas.settings import Settings
from tests import seeds
from tests.cli.conftest import Tenantry, decoded, refused, rung, unchanged
from tests.dumps import everything
from tests.servers import RING
from tests.workers.runtime.workers import at_work
from workers.tasks import connect_account

HANDLE, PASSWORD = "shop.bsky.social", "secret-app-password"
RETURN = "https://app.example.com/social"


class Place(NamedTuple):
    """A project and a key of the only organization."""

    org: UUID
    project_id: UUID
    key: str

    @property
    def project(self) -> str:
        return ids.show(ids.PROJECT, self.project_id)

    @property
    def login(self) -> list[str]:
        return ["accounts", "connect", self.project, HANDLE, "--key", self.key]

    def link(self, *words: str) -> list[str]:
        """To Mastodon, unless it says otherwise."""
        asked = words or ("--platform", "mastodon", "--instance", "mastodon.example.com")
        return ["accounts", "oauth-url", self.project, *asked, *self.returning]

    def again(self, account_id: UUID) -> list[str]:
        return ["accounts", "reauth-url", ids.show(ids.ACCOUNT, account_id), *self.returning]

    @property
    def returning(self) -> list[str]:
        return ["--return-url", RETURN, "--key", self.key]


async def new_key(tenantry: Tenantry, *words: str) -> str:
    origin = ["--return-origin", "https://app.example.com"]
    key: str = decoded(await tenantry("keys", "create", "social", *origin, *words, "--json"))["id"]
    return key


@pytest_asyncio.fixture
async def place(environment: Settings, tenantry: Tenantry, conn: Conn) -> Place:
    org = await seeds.organization(conn)
    return Place(org, await seeds.project(conn, org), await new_key(tenantry))


async def test_a_password_on_standard_input_goes_sealed_to_a_job(
    tenantry: Tenantry, place: Place, pool: Pool, conn: Conn, redis_url: str
) -> None:
    result = await tenantry(*place.login, "--json", input=f"{PASSWORD}\n")
    job = decoded(result)
    assert (job["kind"], job["status"], job["projectId"]) == ("connect_account", "running", place.project)
    assert rung(redis_url, CONNECT_ACCOUNT) == [job["jobId"]]
    assert PASSWORD not in result.output + await everything(pool)
    [claim] = await seeds.claims(conn, CONNECT_ACCOUNT)
    begun = await connect.begin(conn, claim=claim, keyring=seeds.VAULT)
    assert begun.secret == Login(identifier=HANDLE, password=PASSWORD)
    assert (begun.asked.service_url, begun.asked.api_key_id) == (
        "https://bsky.social",
        ids.read(ids.KEY, place.key),
    )


async def test_in_a_sandbox_anybody_is_connected(
    tenantry: Tenantry, place: Place, conn: Conn, pool: Pool, settings: Settings
) -> None:
    sandbox = await conn.fetchval("select id from organization where live_organization_id = $1", place.org)
    project = ids.show(ids.PROJECT, await seeds.project(conn, sandbox))
    key = await new_key(tenantry, "--sandbox")
    words = ["accounts", "connect", project, "rate_limited", "--key", key, "--sandbox"]
    result = await tenantry(*words, input="anything")
    job_id = result.stdout.split()[1]
    assert result.stderr == f"Follow it: tenantry jobs watch {job_id} --sandbox\n"
    async with at_work(settings, pool, {CONNECT_ACCOUNT: connect_account.open_task}):
        done = await tenantry(*result.stderr.split()[3:], "--json")
    assert done.exit_code == 0, done.output
    [account] = decoded(await tenantry("accounts", "list", project, "--sandbox", "--json"))["items"]
    assert (account["platform"], account["handle"], account["status"]) == (
        "bluesky",
        "rate_limited",
        "connected",
    )
    [line] = await conn.fetch("select * from audit_log where action = 'social_account.connected'")
    assert line["api_key_id"] == ids.read(ids.KEY, key)


async def test_another_server_is_named_by_its_address(tenantry: Tenantry, place: Place, conn: Conn) -> None:
    server = ["--service-url", "https://pds.example.com"]
    decoded(await tenantry(*place.login, *server, "--json", input=PASSWORD))
    [claim] = await seeds.claims(conn, CONNECT_ACCOUNT)
    assert claim.args["service_url"] == "https://pds.example.com"


@pytest.mark.parametrize(
    ("words", "typed"),
    [
        ([], ""),
        ([], "x" * 257),
        (["--service-url", "http://127.0.0.1"], PASSWORD),
        (["--service-url", "https://pds.example.com/path"], PASSWORD),
    ],
)
async def test_what_can_open_nothing_is_refused(
    tenantry: Tenantry, place: Place, pool: Pool, words: list[str], typed: str
) -> None:
    async with unchanged(pool):
        result = await tenantry(*place.login, *words, input=typed)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "x" * 257 not in result.stderr


async def test_a_handle_is_a_domain_name(tenantry: Tenantry, place: Place, pool: Pool) -> None:
    words = ["accounts", "connect", place.project, "@shop", "--key", place.key, "--json"]
    async with unchanged(pool):
        error = refused(await tenantry(*words, input=PASSWORD), 2)
    assert "shop.bsky.social" in error["message"]


@asynccontextmanager
async def at_terminal(place: Place) -> AsyncIterator[tuple[Process, int, int]]:
    """The command that asks for a password, once it does, the person's end of its terminal and its own."""
    person, terminal = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli", *place.login, "--json"),
        stdin=terminal,
        stdout=PIPE,
        stderr=PIPE,
        start_new_session=True,  # without the terminal that the tests run in
    )
    try:
        assert process.stderr
        assert await process.stderr.readuntil(b": ") == b"App password: "
        yield process, person, terminal
    finally:
        os.close(person)
        os.close(terminal)


async def test_a_person_types_it_unseen(place: Place, conn: Conn) -> None:
    async with at_terminal(place) as (process, person, terminal):
        os.write(person, f"{PASSWORD}\n".encode())
        out, err = await process.communicate()
        os.write(terminal, b"nothing before this")
        assert os.read(person, 1000) == b"nothing before this"
    assert process.returncode == 0
    assert PASSWORD.encode() not in out + err
    [claim] = await seeds.claims(conn, CONNECT_ACCOUNT)
    assert (await connect.begin(conn, claim=claim, keyring=seeds.VAULT)).secret == Login(
        identifier=HANDLE, password=PASSWORD
    )


async def test_ctrl_c_ends_the_prompt_quietly(place: Place, pool: Pool) -> None:
    async with unchanged(pool), at_terminal(place) as (process, _, _):
        process.send_signal(signal.SIGINT)
        out, err = await process.communicate()
        assert (process.returncode, out, err.strip()) == (130, b"", b"")


async def test_a_link_is_made_and_its_server_asked_to_know_us(
    tenantry: Tenantry, place: Place, conn: Conn, redis_url: str
) -> None:
    made = decoded(await tenantry(*place.link(), "--json"))
    assert made["authorizeUrl"] == f"http://127.0.0.1:8000/v1/social/authorize?state={made['state']}"
    state = await conn.fetchrow("select * from oauth_state")
    assert state
    assert (state["api_key_id"], state["return_url"]) == (ids.read(ids.KEY, place.key), RETURN)
    assert made["state"] not in str(state)
    registering = ids.show(ids.JOB, UUID(state["details"]["register_job_id"]))
    assert rung(redis_url, REGISTER_APP) == [registering]


async def test_a_person_is_told_how_long_a_link_is_good(tenantry: Tenantry, place: Place) -> None:
    result = await tenantry(*place.link())
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["authorizeUrl", "state", "expiresAt"]
    assert "once" in result.stderr


async def test_an_account_that_is_there_keeps_its_id(tenantry: Tenantry, place: Place, conn: Conn) -> None:
    account_id = await seeds.account(conn, place.org, place.project_id)
    made = decoded(await tenantry(*place.again(account_id), "--json"))
    details = await conn.fetchval("select details from oauth_state")
    assert (details["account_id"], details["platform"]) == (str(account_id), "mastodon")
    assert made["state"] in made["authorizeUrl"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--platform", "bluesky"], "not one of 'mastodon', 'tiktok', 'instagram'"),
        (["--platform", "mastodon"], "instance: is needed"),
        (["--platform", "tiktok", "--instance", "mastodon.example.com"], "instance: is for mastodon"),
        (["--platform", "tiktok"], "tiktok is not set up on this server"),
        (["--platform", "mastodon", "--instance", "localhost"], "instance: must be a public server"),
    ],
)
async def test_a_link_that_leads_nowhere_is_not_made(
    tenantry: Tenantry, place: Place, pool: Pool, words: list[str], said: str
) -> None:
    async with unchanged(pool):
        result = await tenantry(*place.link(*words))
    assert result.exit_code == 2
    assert said in result.stderr


async def test_nobody_is_sent_where_the_key_does_not_say(
    tenantry: Tenantry, place: Place, pool: Pool
) -> None:
    words = [*place.link()[:-4], "--return-url", "https://evil.example.com", "--key", place.key]
    async with unchanged(pool):
        error = refused(await tenantry(*words, "--json"), 4)
    assert error["code"] == "RETURN_URL_NOT_ALLOWED"


async def test_what_was_disconnected_or_has_a_password_gets_no_link(
    tenantry: Tenantry, place: Place, conn: Conn, pool: Pool
) -> None:
    mastodon = await seeds.account(conn, place.org, place.project_id)
    decoded(await tenantry("accounts", "disconnect", str(mastodon), "--json"))
    bluesky = await seeds.account(conn, place.org, place.project_id, platform="bluesky")
    async with unchanged(pool):
        gone = refused(await tenantry(*place.again(mastodon), "--json"), 4)
        assert gone["details"]["reason"] == "ACCOUNT_NOT_CONNECTED"
        assert refused(await tenantry(*place.again(bluesky), "--json"), 2)["code"] == "VALIDATION"


async def test_a_dead_key_connects_nothing(tenantry: Tenantry, place: Place, pool: Pool) -> None:
    decoded(await tenantry("keys", "kill", place.key, "--json"))
    async with unchanged(pool):
        for words in (place.login, place.link()):
            error = refused(await tenantry(*words, "--json", input=PASSWORD), 4)
            assert error["details"]["reason"] == "KEY_UNUSABLE"


async def test_an_archived_project_connects_nothing(
    tenantry: Tenantry, place: Place, conn: Conn, pool: Pool
) -> None:
    account_id = await seeds.account(conn, place.org, place.project_id)
    decoded(await tenantry("projects", "archive", place.project, "--json"))
    async with unchanged(pool):
        for words in (place.login, place.link(), place.again(account_id)):
            error = refused(await tenantry(*words, "--json", input=PASSWORD), 4)
            assert error["details"]["reason"] == "PROJECT_ARCHIVED"


async def test_another_organizations_key_project_and_account_are_not_found(
    tenantry: Tenantry, place: Place, conn: Conn, pool: Pool
) -> None:
    account_id = await seeds.account(conn, place.org, place.project_id)
    theirs = place._replace(key=await new_key(tenantry, "--sandbox"))
    async with unchanged(pool):
        for words in (theirs.login, theirs.link(), theirs.again(account_id)):
            assert refused(await tenantry(*words, "--json", input=PASSWORD), 3)
            assert refused(await tenantry(*words, "--sandbox", "--json", input=PASSWORD), 3)


async def test_a_ring_that_lacks_the_databases_key_seals_nothing(
    tenantry: Tenantry, place: Place, conn: Conn, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await seeds.account(conn, place.org, place.project_id)
    monkeypatch.setenv("VAULT_KEYS", f"other:{RING.partition(':')[2]}")
    async with unchanged(pool):
        error = refused(await tenantry(*place.login, "--json", input=PASSWORD), 5)
    assert "VAULT_KEYS lacks test" in error["message"]
