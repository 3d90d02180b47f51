"""Connecting GitHub over HTTP, with a worker that asks a GitHub of the test's own (api.md 7)."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio
from litestar import Litestar

from api.app import create_app
from api.routes import github as route
from db.pool import Pool
from domain import upkeep
from jobs.courier import open_courier
from jobs.kinds import CONNECT_GITHUB, LIST_GITHUB_REPOS
from schemas.settings import Settings
from tests import github_app
from tests.api.conftest import Caller, calling, client_of, held
from tests.github_app import Hub, Installed, Told
from tests.waiting import eventually
from tests.workers.crew import Crew
from workers.tasks import connect_github, list_github_repos

ORIGIN = "https://app.example.com"
BACK = f"{ORIGIN}/settings?tab=github"
SHOP, ACME = 41, 42


@dataclass
class Clock:
    """The API's; move it with `ahead`."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Place:
    """Acme, a browser without a key, and GitHub, where ada owns acme's account and sees shop's repository."""

    hub: Hub
    app: Litestar
    acme: Caller
    rival: Caller
    browser: httpx.AsyncClient
    pool: Pool
    clock: Clock
    codes: Iterator[str]

    async def start(self, caller: Caller | None = None, back: str = BACK) -> str:
        """A state."""
        caller = caller or self.acme
        answer = await caller.http.post("/v1/github/install-url", json={"returnUrl": back})
        assert answer.status_code == 201, answer.text
        state: str = answer.json()["state"]
        return state

    async def come_back(self, state: str, *, person: str = "ada", **given: Any) -> httpx.Response:
        """As GitHub sends a person; None drops a parameter."""
        code = next(self.codes)
        self.hub.codes[code] = person
        asked = {"code": code, "installation_id": ACME, "setup_action": "install", "state": state} | given
        params = {name: str(value) for name, value in asked.items() if value is not None}
        return await self.browser.get("/v1/github/callback", params=params)

    async def connect(self, caller: Caller | None = None, **given: Any) -> str:
        """The status with which the person came back."""
        state = await self.start(caller)
        return status(await self.come_back(state, **given), state)

    async def jobs(self, kind: str = "connect_github") -> list[dict[str, Any]]:
        rows = await self.pool.fetch("select * from job where kind = $1 order by id", kind)
        return [dict(row) for row in rows]


def status(answer: httpx.Response, state: str) -> str:
    assert answer.status_code == 302, answer.text
    parts = urlsplit(answer.headers["Location"])
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{ORIGIN}/settings"
    said = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert said.keys() == {"tab", "status", "state"}
    assert (said["tab"], said["state"]) == ("github", state)
    return said["status"]


@pytest_asyncio.fixture
async def hub() -> AsyncIterator[Hub]:
    async with github_app.serving() as hub:
        hub.installations[ACME] = Installed("Acme-Inc", {"app": True, "Site": False})
        hub.installations[SHOP] = Installed("shop", {"store": True, "secret": True})
        hub.people = {"ada": {SHOP: ["store"], ACME: ["app", "Site"]}, "eve": {SHOP: ["store", "secret"]}}
        yield hub


@pytest.fixture
def mine(settings: Settings, hub: Hub) -> Settings:
    return hub.settings(settings)


@asynccontextmanager
async def working(settings: Settings, pool: Pool) -> AsyncIterator[None]:
    tasks = {CONNECT_GITHUB: connect_github.open_task, LIST_GITHUB_REPOS: list_github_repos.open_task}
    async with AsyncExitStack() as stack:
        courier = await stack.enter_async_context(open_courier(settings.redis_url))
        crew = Crew(settings, pool, None, courier)  # type: ignore[arg-type]  # it submits nothing here
        for kind, open_task in tasks.items():
            task = await stack.enter_async_context(open_task(settings))
            await stack.enter_async_context(crew.working(task, kind=kind))
        yield


@pytest_asyncio.fixture
async def idle(mine: Settings, hub: Hub, pool: Pool) -> AsyncIterator[Place]:
    """Without a worker."""
    clock = Clock()
    served = create_app(mine, clock=clock)
    async with (
        held(served.lifespan()),
        calling(served, pool, "Acme", tier="partner") as acme,
        calling(served, pool, "Rival", tier="partner") as rival,
        client_of(served) as browser,
    ):
        await pool.execute("update api_key set return_origins = $1", [ORIGIN])
        codes = (f"code-{number}" for number in range(1000))
        yield Place(hub, served, acme, rival, browser, pool, clock, codes)


@pytest_asyncio.fixture
async def place(idle: Place, mine: Settings, pool: Pool) -> AsyncIterator[Place]:
    async with working(mine, pool):
        yield idle


async def test_a_person_connects_what_github_lists_for_them(place: Place) -> None:
    made = await place.acme.http.post("/v1/github/install-url", json={"returnUrl": BACK})
    said = made.json()
    assert said["installUrl"] == f"{place.hub.url}/apps/tenantry-test/installations/new?state={said['state']}"
    assert status(await place.come_back(said["state"]), said["state"]) == "connected"
    shown = (await place.acme.http.get("/v1/github/installation")).json()
    assert (shown["installationId"], shown["accountLogin"]) == (ACME, "Acme-Inc")
    (job,) = await place.jobs()
    assert job["result"] == {"installationId": ACME, "accountLogin": "Acme-Inc"}
    entries = (await place.acme.http.get("/v1/audit-log")).json()["items"]
    assert entries[0]["action"] == "github_installation.connected"
    assert entries[0]["apiKeyId"] == (await place.acme.http.get("/v1/whoami")).json()["apiKeyId"]


async def test_nothing_that_is_secret_is_kept(place: Place) -> None:
    state = await place.start()
    place.hub.codes["the-code"] = "ada"
    await place.come_back(state, code="the-code")
    await place.connect(code="the-code")
    await place.acme.http.get("/v1/github/repos")
    written = await everything(place.pool)
    for secret in (state, "the-code", "ghu_", "ghs_"):
        assert secret not in written
    assert await sealed(place.pool) == 0


async def test_a_code_lies_sealed_until_its_job_has_ended(
    idle: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(route, "CALLBACK_S", 0.01)
    assert await idle.connect(code="the-code") == "pending"
    assert "the-code" not in await everything(idle.pool)
    assert await sealed(idle.pool) == 1


async def everything(pool: Pool) -> str:
    """All that is in the database, as text."""
    tables = await pool.fetch("select tablename from pg_tables where schemaname = 'public'")
    texts = [
        await pool.fetchval(f"select string_agg(t::text, ' ') from {table['tablename']} t")
        for table in tables
    ]
    return " ".join(filter(None, texts))


async def sealed(pool: Pool) -> int:
    found: int = await pool.fetchval("select count(*) from oauth_state where sealed is not null")
    return found


@pytest.mark.parametrize("installation_id", [SHOP, 999])
async def test_an_id_that_github_does_not_list_for_the_person_proves_nothing(
    place: Place, installation_id: int
) -> None:
    del place.hub.people["ada"][SHOP]
    assert await place.connect(installation_id=installation_id) == "failed"
    assert (await place.acme.http.get("/v1/github/installation")).status_code == 404
    (job,) = (await place.acme.http.get("/v1/jobs")).json()["items"]
    assert (job["kind"], job["error"]["code"]) == ("connect_github", "INSTALLATION_NOT_PROVED")


async def test_who_sees_a_part_of_it_does_not_get_at_the_rest_through_us(place: Place) -> None:
    """GitHub lists an installation for whoever may read one of its repositories."""
    assert await place.connect(installation_id=SHOP) == "failed"
    assert await place.connect(installation_id=SHOP, person="eve") == "connected"
    first, _ = await place.jobs()
    assert "reads 2 repositories, this person only 1" in first["error"]["message"]


async def test_the_list_of_installations_is_read_to_its_end(place: Place) -> None:
    place.hub.page_size = 1
    assert await place.connect() == "connected"
    assert place.hub.paths["/api/user/installations"] == 2


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (Told(200, {"error": "incorrect_client_credentials"}), "SOURCE_FORBIDDEN"),
        (Told(200, {"error": "bad_verification_code"}), "INSTALLATION_NOT_PROVED"),
        (Told(200, []), "FETCH_FAILED"),
        (Told(400, {"error": "bad_verification_code"}), "INSTALLATION_NOT_PROVED"),
        (Told(302, {}, ("Location: https://example.com/",)), "FETCH_FAILED"),
    ],
)
async def test_what_github_says_of_a_code_ends_the_job(place: Place, broken: Told, code: str) -> None:
    place.hub.broken["/login/oauth/access_token"] = broken
    state = await place.start()
    answer = asyncio.create_task(place.come_back(state))

    async def said() -> Any:
        rows = await place.pool.fetch("select error from job_attempt")
        return [row["error"]["code"] for row in rows]

    assert (await eventually(said))[0] == code
    answer.cancel()


async def test_a_code_that_was_used_before_a_crash_says_to_start_again(place: Place) -> None:
    """GitHub itself is the judge of what a code was used for."""
    place.hub.broken["/api/user/installations"] = Told(503, {})
    state = await place.start()
    answer = asyncio.create_task(place.come_back(state))

    async def tried() -> Any:
        return await place.pool.fetchval("select count(*) from job_attempt")

    await eventually(tried)
    del place.hub.broken["/api/user/installations"]
    await place.pool.execute("update job set run_at = now(), stage = 'queued' where state = 'queued'")
    assert status(await answer, state) == "failed"
    (job,) = await place.jobs()
    assert (job["error"]["code"], job["attempt"]) == ("INSTALLATION_NOT_PROVED", 2)
    assert "start again" in job["error"]["message"]


async def test_a_state_works_once(place: Place) -> None:
    state = await place.start()
    assert status(await place.come_back(state), state) == "connected"
    refused(await place.come_back(state))
    assert len(await place.jobs()) == 1


async def test_twenty_browsers_at_once_are_one_job(place: Place) -> None:
    state = await place.start()
    answers = await asyncio.gather(*(place.come_back(state) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [302, *[422] * 19]
    assert len(await place.jobs()) == 1


async def test_a_state_expires(idle: Place) -> None:
    state = await idle.start()
    idle.clock.ahead = timedelta(minutes=15, seconds=1)
    refused(await idle.come_back(state))
    assert await idle.jobs() == []


@pytest.mark.parametrize("state", ["", "x", "A" * 43, "A" * 201, "é" * 43])
async def test_a_state_that_nobody_made_leads_nowhere(idle: Place, state: str) -> None:
    refused(await idle.come_back(state))


async def test_a_killed_keys_flows_end_with_it(idle: Place) -> None:
    state = await idle.start()
    await idle.pool.execute("update api_key set killed_at = now()")
    refused(await idle.come_back(state))


async def test_a_state_is_its_makers(place: Place) -> None:
    """Whoever brings it back connects for the organization that made it, and no other."""
    assert await place.connect(place.rival) == "connected"
    assert (await place.rival.http.get("/v1/github/installation")).json()["installationId"] == ACME
    for path in ("installation", "repos"):
        assert (await place.acme.http.get(f"/v1/github/{path}")).status_code == 404
    assert (await place.acme.http.delete("/v1/github/installation")).status_code == 404
    assert (await place.rival.http.get("/v1/github/installation")).status_code == 200


def refused(answer: httpx.Response) -> None:
    assert answer.status_code == 422, answer.text
    assert "Location" not in answer.headers
    assert answer.json()["error"]["details"]["issues"][0]["path"] == "state"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"code": None, "installation_id": None, "setup_action": None, "error": "access_denied"}, "failed"),
        ({"code": None}, "failed"),
        ({"installation_id": None}, "failed"),
        ({"installation_id": None, "setup_action": "request"}, "pending"),
    ],
)
async def test_who_comes_back_with_less_starts_no_job(idle: Place, given: dict[str, Any], said: str) -> None:
    assert await idle.connect(**given) == said
    assert await idle.jobs() == []


async def test_a_browser_waits_only_so_long(idle: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(route, "CALLBACK_S", 0.05)
    assert await idle.connect() == "pending"


async def test_a_job_that_is_canceled_fails_the_flow(idle: Place) -> None:
    state = await idle.start()
    answer = asyncio.create_task(idle.come_back(state))

    async def submitted() -> Any:
        return (await idle.acme.http.get("/v1/jobs")).json()["items"]

    (job,) = await eventually(submitted)
    await idle.acme.http.post(f"/v1/jobs/{job['jobId']}/cancel")
    assert status(await answer, state) == "failed"
    assert await sealed(idle.pool) == 0


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/settings",
        "https://app.example.com.evil.example/",
        "https://app.example.com:8443/",
        "http://app.example.com/",
        "https://example.com/",
    ],
)
async def test_an_origin_must_be_on_the_keys_list(idle: Place, url: str) -> None:
    answer = await idle.acme.http.post("/v1/github/install-url", json={"returnUrl": url})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "RETURN_URL_NOT_ALLOWED")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "app.example.com",
        "//app.example.com/",
        "javascript:alert(1)//https://app.example.com",
        "https://app.example.com@evil.example/",
        "https://evil.example\\@app.example.com/",
        "https://app.example.com/#top",
        "https://app.example.com/?status=connected",
        "https://app.example.com:99999/",
        "https://app.example.com /",
        "https://app.example.com/\r\nSet-Cookie: a=b",
        "https://[app.example.com/",
    ],
)
async def test_a_return_url_is_a_plain_one(idle: Place, url: str) -> None:
    answer = await idle.acme.http.post("/v1/github/install-url", json={"returnUrl": url})
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["details"]["issues"][0]["path"] == "returnUrl"


@pytest.mark.parametrize("url", ["https://APP.example.com:443/x", "https://app.example.com"])
async def test_an_origin_has_more_than_one_spelling(idle: Place, url: str) -> None:
    await idle.start(back=url)


async def test_an_install_url_is_replayed_whole_and_kept_sealed(idle: Place) -> None:
    answers = [
        await idle.acme.http.post(
            "/v1/github/install-url", json={"returnUrl": BACK}, headers={"Idempotency-Key": "once"}
        )
        for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    body = await idle.pool.fetchval("select body from idempotency_key")
    assert answers[0].json()["state"].encode() not in body
    assert await idle.pool.fetchval("select count(*) from oauth_state") == 1


async def test_without_an_app_the_answer_says_what_to_set(app: Litestar, pool: Pool) -> None:
    async with calling(app, pool, "Acme") as acme:
        await pool.execute("update api_key set return_origins = $1", [ORIGIN])
        answer = await acme.http.post("/v1/github/install-url", json={"returnUrl": BACK})
    error = answer.json()["error"]
    assert (answer.status_code, error["details"]) == (409, {"reason": "GITHUB_NOT_CONFIGURED"})
    assert "GITHUB_PRIVATE_KEY" in error["message"]


async def test_repositories_are_listed_when_the_list_is_old(place: Place) -> None:
    place.hub.page_size = 1
    await place.connect()
    first = (await place.acme.http.get("/v1/github/repos")).json()
    assert first["repositories"] == [
        {"id": 1, "fullName": "Acme-Inc/app", "private": True},
        {"id": 2, "fullName": "Acme-Inc/Site", "private": False},
    ]
    place.hub.installations[ACME].repositories["zoo"] = True
    assert (await place.acme.http.get("/v1/github/repos")).json() == first
    place.clock.ahead = timedelta(seconds=61)
    answers = await asyncio.gather(*(place.acme.http.get("/v1/github/repos") for _ in range(10)))
    assert {len(answer.json()["repositories"]) for answer in answers} == {3}
    assert len(await place.jobs("list_github_repos")) == 2
    assert (await place.acme.http.get("/v1/jobs")).json()["items"][0]["kind"] == "connect_github"


async def test_a_list_that_does_not_come_is_not_waited_for(
    idle: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(route, "LIST_S", 0.2)
    await idle.pool.execute(
        """insert into github_installation (organization_id, installation_id, account_login)
           values ($1, 1, 'a')""",
        idle.acme.organization_id,
    )
    answer = await idle.acme.http.get("/v1/github/repos")
    assert (answer.status_code, answer.json()) == (200, {"asOf": None, "repositories": []})


async def test_an_installation_that_is_gone_is_forgotten(place: Place) -> None:
    await place.connect()
    del place.hub.installations[ACME]
    await place.pool.execute("update github_installation set installation_id = 43")
    for path in ("repos", "installation"):
        answer = await place.acme.http.get(f"/v1/github/{path}")
        assert answer.status_code == 404
        assert "install-url" in answer.json()["error"]["message"]
    entries = (await place.acme.http.get("/v1/audit-log")).json()["items"]
    assert entries[0]["action"] == "github_installation.uninstalled"


async def test_a_delete_forgets_it_and_a_new_one_takes_its_place(place: Place) -> None:
    await place.connect()
    await place.acme.http.get("/v1/github/repos")
    del place.hub.people["ada"][SHOP]
    place.hub.people["ada"][SHOP] = ["store", "secret"]
    assert await place.connect(installation_id=SHOP) == "connected"
    names = [
        repo["fullName"] for repo in (await place.acme.http.get("/v1/github/repos")).json()["repositories"]
    ]
    assert names == ["shop/secret", "shop/store"]
    gone = await place.acme.http.delete("/v1/github/installation")
    assert gone.json() == {"installationId": SHOP, "accountLogin": "shop", "disconnected": True}
    assert (await place.acme.http.delete("/v1/github/installation")).status_code == 404
    entries = (await place.acme.http.get("/v1/audit-log")).json()["items"]
    assert entries[0]["action"] == "github_installation.disconnected"


async def test_a_sandbox_goes_the_same_way_and_asks_nobody(place: Place) -> None:
    async with calling(place.app, place.pool, "Tester", env="test") as tester:
        await place.pool.execute("update api_key set return_origins = $1", [ORIGIN])
        made = (await tester.http.post("/v1/github/install-url", json={"returnUrl": BACK})).json()
        answer = await place.browser.get(made["installUrl"])
        assert status(answer, made["state"]) == "connected"
        shown = (await tester.http.get("/v1/github/installation")).json()
        assert (shown["installationId"], shown["accountLogin"]) == (1, "sandbox-studio")
        repos = (await tester.http.get("/v1/github/repos")).json()["repositories"]
        assert [repo["fullName"] for repo in repos] == ["sandbox-studio/mobile-app", "sandbox-studio/website"]
        again = (await tester.http.post("/v1/github/install-url", json={"returnUrl": BACK})).json()
        refusal = await place.browser.get(again["installUrl"].replace("code=ok", "code=other"))
        assert status(refusal, again["state"]) == "failed"
    assert place.hub.asked == []


async def test_old_states_go(idle: Place) -> None:
    await idle.start()
    async with idle.pool.acquire() as conn:
        assert await upkeep.prune_states(conn) == 0
        await conn.execute("update oauth_state set expires_at = now() - interval '25 hours'")
        assert await upkeep.prune_states(conn) == 1
