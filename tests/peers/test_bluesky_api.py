"""Publishing from the partner's request to the record on Bluesky's own server."""

import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from domain.accounts.credentials import AccountTokens, TokenGrant
from telemetry import logs
from tests.media import picture
from tests.peers.bluesky_project import BlueskyProject
from tests.peers.leaks import leaked, listening
from tests.peers.pds import Pds, PdsPerson
from tests.peers.proxy import Loss, between, first_of_each, nothing_lost
from workers.publishing import phases

pytestmark = pytest.mark.peers

PUT = "/xrpc/com.atproto.repo.putRecord"
ERROR = re.compile(rb'"error":"(\w+)"')


async def test_a_post_with_pictures_is_published(project: BlueskyProject) -> None:
    """The token has expired in our database, so it is refreshed first."""
    async with project.at_work():
        account = await project.account()
        await project.expire()
        post = await project.ended(await project.send(account, "Fresh bread #today", picture(), picture(size=(8, 6))))
    (record,) = project.pds.records(project.person)
    assert (post["status"], post["externalId"]) == ("published", record["uri"])
    assert (await project.tokens(account)).generation == 2
    assert post["externalUrl"].startswith(f"https://bsky.app/profile/{project.person.did}/post/")
    images = record["value"]["embed"]["images"]
    assert [image["aspectRatio"] for image in images] == [{"width": 4, "height": 3}, {"width": 8, "height": 6}]


async def test_scheduled_post_is_published_on_time(project: BlueskyProject) -> None:
    wait = timedelta(hours=1)
    async with project.at_work():
        account = await project.account()
        at = datetime.now(UTC) + timedelta(seconds=1)
        later = (at + wait).isoformat().replace("+00:00", "Z")
        sent = await project.send(account, "At three", scheduledFor=later)
        assert (await project.post(sent))["status"] == "queued"
        await project.let_pass(wait)
        post = await project.ended(sent)
    assert post["status"] == "published"
    assert datetime.fromisoformat(post["publishedAt"]) >= at
    (record,) = project.pds.records(project.person)
    assert abs(datetime.fromisoformat(record["value"]["createdAt"]) - at) < timedelta(milliseconds=2)


async def test_expired_token_is_refreshed_and_the_post_is_retried(
    project: BlueskyProject, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """The token is valid for another hour in our database. No token and no password is written anywhere."""
    hear_all(caplog)
    async with listening(project.workers.settings.redis_url) as ear:
        async with between(project.pds.port, nothing_lost) as proxy, project.at_work(proxy.base):
            account = await project.account()
            await project.move(proxy.base)
            first = await project.tokens(account)
            expired = first._replace(access_token=project.pds.at_its_end(first.access_token))
            await project.put(account, as_if_fresh(expired))
            post = await project.ended(await project.send(account, "With a new token"))
        fresh = await project.tokens(account)
        secrets = {project.person.app_password, *of(first), *of(expired), *of(fresh)}
        told = "".join([*capsys.readouterr(), caplog.text])
        assert await leaked(secrets, pool=project.workers.pool, ear=ear, logs=told) == []
    assert (post["status"], project.pds.texts(project.person)) == ("published", ["With a new token"])
    assert [*map(call_and_error, proxy.answers)] == [
        ("putRecord", "ExpiredToken"),
        ("refreshSession", ""),
        ("putRecord", ""),
    ]
    assert fresh.refresh_token not in of(first)


def hear_all(caplog: pytest.LogCaptureFixture) -> None:
    """Record all logs, except those that every process of the product silences."""
    caplog.set_level(logging.DEBUG)
    for name in logs.MIN_LIBRARY_LOG_LEVELS:
        caplog.set_level(logging.WARNING, logger=name)


def as_if_fresh(tokens: AccountTokens) -> TokenGrant:
    ends = datetime.now(UTC) + timedelta(hours=1)
    return TokenGrant(access_token=tokens.access_token, refresh_token=tokens.refresh_token, expires_at=ends)


def of(tokens: AccountTokens) -> set[str]:
    assert tokens.refresh_token
    return {tokens.access_token, tokens.refresh_token}


def call_and_error(exchange: tuple[str, bytes]) -> tuple[str, str]:
    """Return the call's name, and the error code of its response, if any."""
    line, answer = exchange
    error = ERROR.search(answer)
    return line.split()[1].rpartition(".")[2], error[1].decode() if error else ""


async def test_revoked_session_waits_for_a_new_connection(project: BlueskyProject) -> None:
    """The app password is revoked: the post waits, and is published once the account is reconnected."""
    async with project.at_work():
        account = await project.account()
        project.pds.call("com.atproto.server.revokeAppPassword", token=project.person.owner, name="tenantry")
        await project.expire()
        sent = await project.send(account, "Waiting")
        await project.closed()
        assert (await project.post(sent))["status"] == "queued"
        again = msgspec.structs.replace(project, person=project.pds.another_password(project.person))
        assert await again.account() == account
        post = await again.ended(sent)
    assert (post["status"], project.pds.texts(project.person)) == ("published", ["Waiting"])


@pytest.mark.parametrize(
    ("shut", "code"), [(Pds.take_down, "ACCOUNT_SUSPENDED"), (Pds.deactivate, "ACCOUNT_DEACTIVATED")]
)
async def test_post_of_a_closed_account_fails(
    project: BlueskyProject, shut: Callable[[Pds, PdsPerson], None], code: str
) -> None:
    async with project.at_work():
        account = await project.account()
        shut(project.pds, project.person)
        post = await project.ended(await project.send(account, "Nobody sees this"))
    error = post["lastError"]
    assert (post["status"], error["code"], error["category"]) == ("failed", code, "account_issue")


async def test_fifty_posts_with_lost_responses_are_published_once(
    project: BlueskyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phases, "POST_RESEND_PAUSE_S", 0.0)
    captions = [f"post {number}" for number in range(50)]
    async with between(project.pds.port, first_of_each(PUT, Loss.ANSWER)) as proxy, project.at_work(proxy.base):
        account = await project.account()
        await project.move(proxy.base)
        await project.send_all(account, captions)
    assert project.pds.texts(project.person) == sorted(captions)
    assert proxy.lost == len(captions)
