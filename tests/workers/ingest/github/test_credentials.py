"""The credentials of our GitHub App, and their lifetime."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt
import msgspec
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from domain.brand.github_installations import GitHubAppInstallation
from jobs.outcomes import Done, TaskOutcome
from schemas.errors import (
    FetchAddressNotAllowed,
    FetchFailed,
    GitHubInstallationGone,
    SettingsInvalid,
    SourceError,
    SourceForbidden,
    SourceNotFound,
    SourceRateLimited,
)
from tests import github_app, seeds
from tests.github_app import CLIENT_ID, Installed, SimulatedGitHub
from tests.http_server import HttpResponse
from tests.servers import settings_for
from tests.workers.runtime.workers import Workers
from workers.ingest.github import credentials
from workers.ingest.github.about import request_repository_metadata
from workers.ingest.github.credentials import (
    GitHubApp,
    build_api_with_installation_token,
    get_installation_token,
    get_token_by_any_repository_name,
    open_github_app,
)
from workers.runtime.context import TaskContext

MINT = "/api/app/installations/42/access_tokens"


@dataclass
class SettableClock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


@pytest_asyncio.fixture
async def hub(clock: SettableClock) -> AsyncIterator[SimulatedGitHub]:
    async with github_app.serving() as hub:
        hub.clock = clock
        hub.installations[42] = Installed("Acme-Inc", {"app": True, "site": False})
        yield hub


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(datetime.now(UTC).replace(microsecond=0))


@pytest_asyncio.fixture
async def app(hub: SimulatedGitHub, clock: SettableClock) -> AsyncIterator[GitHubApp]:
    settings = hub.settings(settings_for("postgresql://x/x", "redis://x"))
    async with open_github_app(settings, clock=clock) as opened:
        assert opened is not None
        yield opened


def count_minted(hub: SimulatedGitHub) -> int:
    return sum(request.path.endswith("/access_tokens") for request in hub.asked)


def test_the_apps_jwt_is_short_lived_and_signed(app: GitHubApp, clock: SettableClock) -> None:
    signed = credentials.sign_github_app_jwt(app)
    claims = jwt.decode(signed, github_app.key().public_key(), algorithms=["RS256"])
    now = int(clock.now.timestamp())
    assert claims == {"iat": now - 60, "exp": now + 540, "iss": CLIENT_ID}
    assert jwt.get_unverified_header(signed)["alg"] == "RS256"


async def test_a_token_reads_one_repository_and_nothing_else(app: GitHubApp, hub: SimulatedGitHub) -> None:
    token = await get_installation_token(app, 42, "app")
    assert len(token) > 400
    assert token.count(".") == 2
    (request,) = hub.asked
    assert msgspec.json.decode(request.body) == {
        "repositories": ["app"],
        "permissions": {"contents": "read", "metadata": "read"},
    }
    assert request.headers["x-github-api-version"] == "2022-11-28"
    assert "BrandContextBot" in request.headers["user-agent"]


async def test_a_token_is_cached_until_five_minutes_before_its_end(
    app: GitHubApp, hub: SimulatedGitHub, clock: SettableClock
) -> None:
    first = await get_installation_token(app, 42, "app")
    clock.now += timedelta(minutes=54)
    assert await get_installation_token(app, 42, "APP") == first
    clock.now += timedelta(minutes=2)
    assert await get_installation_token(app, 42, "app") != first
    assert count_minted(hub) == 2


async def test_each_repository_and_each_installation_has_its_own_token(app: GitHubApp, hub: SimulatedGitHub) -> None:
    hub.installations[43] = Installed("Other", {"app": True})
    tokens = {
        await get_installation_token(app, *place) for place in ((42, "app"), (42, "site"), (42, None), (43, "app"))
    }
    assert len(tokens) == count_minted(hub) == 4


async def test_an_id_of_another_installation_gives_no_token(app: GitHubApp, hub: SimulatedGitHub) -> None:
    hub.installations[43] = Installed("Other", {"app": True})
    with pytest.raises(SourceNotFound, match="cover"):
        await get_installation_token(app, 42, hub.id_of(43, "app"))


async def test_a_moved_repository_is_looked_up_and_cached_by_id(app: GitHubApp, hub: SimulatedGitHub) -> None:
    hub.installations[42].rename("app", "anew")
    acme = GitHubAppInstallation(42, "Acme-Inc")
    token = await get_token_by_any_repository_name(app, acme, "app")
    assert hub.issued[token].ids == {4200}
    first_paths = [request.path.removeprefix("/api") for request in hub.asked]
    lookups = ["/repos/Acme-Inc/app", "/repositories/4200"]
    token_path = "/app/installations/42/access_tokens"
    assert first_paths == [token_path, token_path, *lookups, token_path]
    assert await get_token_by_any_repository_name(app, acme, "app") == token
    assert [request.path.removeprefix("/api") for request in hub.asked[len(first_paths) :]] == [token_path, *lookups]
    assert app.tokens.keys() == {(42, None), (42, 4200)}


@pytest.mark.parametrize("name", ["other", "site"])
async def test_an_uncovered_repository_gets_no_token(app: GitHubApp, hub: SimulatedGitHub, name: str) -> None:
    """A public repository has an id that GitHub returns, but no installation covers it."""
    hub.broken["/api/repos/Acme-Inc/site"] = HttpResponse(200, github_app.about("Acme-Inc/site", 999))
    del hub.installations[42].repositories["site"]
    with pytest.raises(SourceNotFound):
        await get_token_by_any_repository_name(app, GitHubAppInstallation(42, "Acme-Inc"), name)
    assert app.tokens.keys() == {(42, None)}


async def test_a_redirect_to_another_host_gets_no_token(app: GitHubApp, hub: SimulatedGitHub) -> None:
    """The App's client has no guard: its requests go to the API's own host only."""
    away = ("Location: https://evil.example/repositories/4200",)
    hub.broken["/api/repos/Acme-Inc/other"] = HttpResponse(301, {}, away)
    with pytest.raises(FetchAddressNotAllowed):
        await get_token_by_any_repository_name(app, GitHubAppInstallation(42, "Acme-Inc"), "other")


async def test_expired_tokens_are_dropped(app: GitHubApp, clock: SettableClock) -> None:
    await get_installation_token(app, 42, "app")
    clock.now += timedelta(hours=2)
    hour = timedelta(hours=1)
    app.tokens[42, "later"] = credentials.InstallationToken("t", clock.now + hour)
    await get_installation_token(app, 42, "site")
    assert app.tokens.keys() == {(42, "later"), (42, "site")}


async def test_a_token_is_dropped_after_a_401(app: GitHubApp, hub: SimulatedGitHub) -> None:
    """A token that was revoked early: the next caller gets a new one, or the reason why there is none."""
    token, other_token = (await get_installation_token(app, 42, "app"), await get_installation_token(app, 42, "site"))
    hub.broken["/api/repos/Acme-Inc/app"] = HttpResponse(401, {"message": "Bad credentials"})
    with pytest.raises(SourceForbidden, match="connect GitHub again"):
        await request_repository_metadata(
            build_api_with_installation_token(app.api, app, token), "repos", "Acme-Inc", "app"
        )
    assert await get_installation_token(app, 42, "site") == other_token
    assert await get_installation_token(app, 42, "app") != token
    assert count_minted(hub) == 3


async def test_other_errors_keep_the_token(app: GitHubApp, hub: SimulatedGitHub) -> None:
    token = await get_installation_token(app, 42, "app")
    for status in (403, 404, 429):
        hub.broken["/api/repos/Acme-Inc/app"] = HttpResponse(status, {"message": "x"})
        with pytest.raises(SourceError):
            await request_repository_metadata(
                build_api_with_installation_token(app.api, app, token), "repos", "Acme-Inc", "app"
            )
    assert await get_installation_token(app, 42, "app") == token


@pytest.mark.parametrize(
    ("answer", "error", "expected_words"),
    [
        ((401, "A JSON web token could not be decoded"), SourceForbidden, "operator"),
        ((403, "This installation has been suspended"), SourceForbidden, "unsuspend"),
        ((403, "Resource not accessible by integration"), SourceForbidden, "Contents"),
        ((404, "Not Found"), GitHubInstallationGone, "connect it again"),
        ((422, "There is at least one repository that..."), SourceNotFound, "cover"),
        ((422, "The permissions requested are not granted"), SourceForbidden, "Contents"),
        ((403, "Wait 7 s"), SourceRateLimited, "no more requests"),
        ((429, "Wait 30 s"), SourceRateLimited, "no more requests"),
        ((500, ""), FetchFailed, "500"),
        ((201, "a token without its fields"), FetchFailed, "document"),
    ],
)
async def test_each_refusal_of_a_token_has_its_error(
    app: GitHubApp, hub: SimulatedGitHub, answer: tuple[int, str], error: type[SourceError], expected_words: str
) -> None:
    status, message = answer
    headers = ("Retry-After: 7",) if "Wait" in message else ()
    hub.broken[MINT] = HttpResponse(status, {"message": message}, headers)
    with pytest.raises(error, match=expected_words) as raised:
        await get_installation_token(app, 42, "app")
    assert "eyJ" not in raised.value.message


def test_a_private_key_may_be_on_one_line() -> None:
    numbers = github_app.key().private_numbers()
    assert credentials.parse_github_private_key(github_app.pem()).private_numbers() == numbers
    assert credentials.parse_github_private_key(github_app.pem().replace("\n", "\\n")).private_numbers() == numbers


def curve() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


@pytest.mark.parametrize("text", ["x", "", github_app.pem()[:300], curve()])
def test_other_keys_than_rsa_are_refused_at_start(text: str) -> None:
    with pytest.raises(SettingsInvalid, match="GITHUB_PRIVATE_KEY"):
        credentials.parse_github_private_key(text)


async def test_secrets_are_in_no_repr(app: GitHubApp) -> None:
    token = await get_installation_token(app, 42, "app")
    assert github_app.CLIENT_SECRET not in repr(app)
    assert token not in repr(app.tokens)


NAMES = ["acme-inc/app", "Acme-Inc/other", "rival/app"]


async def tokens_granted(workers: Workers, app: GitHubApp | None) -> list[bool]:
    """Return for each of `NAMES` whether a job of the workers' organization gets a token."""

    async def task(ctx: TaskContext) -> TaskOutcome:
        tokens = [await credentials.find_repository_token(ctx, app, name) for name in NAMES]
        return Done({"tokens": [token is not None for token in tokens]})

    row = await workers.run(task)
    granted: list[bool] = row["result"]["tokens"]
    return granted


async def connect(workers: Workers, org: UUID, installation_id: int = 42) -> None:
    await workers.pool.execute(
        """insert into github_installation (organization_id, installation_id, account_login)
           values ($1, $2, 'Acme-Inc')""",
        org,
        installation_id,
    )


async def test_jobs_get_tokens_for_repositories_of_their_own_installation(
    workers: Workers, app: GitHubApp, hub: SimulatedGitHub
) -> None:
    """An installation that GitHub lacks is deleted; another organization's gives no token and stays."""
    async with workers.pool.acquire() as conn:
        await connect(workers, await seeds.organization(conn))
    assert await tokens_granted(workers, app) == [False, False, False]
    assert hub.asked == []
    await connect(workers, workers.org)
    assert await tokens_granted(workers, app) == [True, False, False]
    assert await tokens_granted(workers, None) == [False, False, False]
    await workers.pool.execute("delete from github_installation where organization_id = $1", workers.org)
    await connect(workers, workers.org, installation_id=43)
    assert await tokens_granted(workers, app) == [False, False, False]
    assert await workers.pool.fetchval("select array_agg(installation_id) from github_installation") == [42]
    assert await workers.pool.fetchval("select action from audit_log") == "github_installation.uninstalled"
