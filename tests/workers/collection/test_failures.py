"""Failed collection runs: no collected value is lost, no call is in vain, and no post blocks another."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from db.pool import Pool
from domain.accounts.credentials import TokenGrant
from domain.collection import cadence, collection_runs
from schemas.errors import (
    AccessTokenExpired,
    AccountReauthRequired,
    PlatformError,
    PlatformRefusal,
    PlatformThrottled,
    PostNotSent,
)
from tests import seeds
from tests.waiting import PATIENCE_S
from tests.workers import by_hand
from tests.workers.by_hand import Death
from tests.workers.collection.scene import CollectionScene

LOST = PostNotSent("PLATFORM_TIMEOUT", "it did not answer in time")


@pytest.mark.parametrize(
    "verb", [collection_runs.prepare_metric_collection_run, collection_runs.store_metric_collection_result]
)
@pytest.mark.parametrize("after", [False, True])
async def test_a_worker_that_dies_anywhere_loses_no_value(scene: CollectionScene, verb: Any, after: bool) -> None:
    """Also between the response and its storage: the run is repeated, and the values are stored once."""
    post = await scene.post("one")
    scene.platform.told["one"] = {"views": 7}
    assert await scene.visit(Death(verb, after=after)) == ["died"]
    ended = verb is collection_runs.store_metric_collection_result and after
    assert [await scene.perform(claim) for claim in await scene.claims()] == ([] if ended else ["completed"])
    assert await scene.values(post) == [(7, 7)]
    assert await scene.count("job where finished_at is null") == 0


async def test_a_frozen_worker_that_resumes_stores_nothing(scene: CollectionScene) -> None:
    post = await scene.post("one")
    scene.platform.told["one"] = {"views": 7}
    await scene.look()
    [claim] = await scene.claims()

    async def frozen() -> None:
        scene.platform.meanwhile = None
        await by_hand.rescue(scene.pool)
        [again] = await scene.claims()
        assert await scene.perform(again) == "completed"
        scene.platform.told["one"] = {"views": 1}

    scene.platform.meanwhile = frozen
    assert await scene.perform(claim) == "lost"
    assert await scene.values(post) == [(7, 7)]


async def test_values_before_a_lost_response_are_stored(scene: CollectionScene) -> None:
    posts = [await scene.post(f"post {number}", hours=number) for number in range(4)]
    scene.platform.told = {f"post {number}": {"views": 5} for number in range(4)}
    scene.platform.faults = [None, None, LOST, LOST, LOST]
    assert await scene.visit() == ["completed"]
    kept = [await scene.values(post) for post in posts]
    assert kept == [[(5, 5)], [(5, 5)], [], []]
    account = await scene.account()
    assert (account["failures"], account["error"], account["asked_at"]) == (1, LOST.code, None)


async def test_a_silent_platform_is_queried_with_backoff(scene: CollectionScene) -> None:
    waits = list[float]()
    for _ in range(9):
        scene.platform.faults = [LOST]
        assert await scene.visit() == ["completed"]
        waits.append(round((await scene.account())["in_s"] / 60))
        await scene.pass_time(cadence.MAX_ACCOUNT_POLL_BACKOFF_S / 3600)
    assert waits == [5, 10, 20, 40, 80, 160, 320, 360, 360]
    await scene.visit()
    assert (await scene.account())["failures"] == 0


@pytest.mark.parametrize(
    ("error", "rest_s"),
    [
        (PlatformThrottled("PLATFORM_RATE_LIMITED", "a rest", after_s=7200.0), 7200),
        (PlatformThrottled("PLATFORM_RATE_LIMITED", "a rest"), 300),
        (PlatformRefusal("ACCOUNT_SUSPENDED", "it is suspended", category="account_issue"), 300),
    ],
)
async def test_a_platforms_retry_after_is_obeyed(
    scene: CollectionScene, pool: Pool, error: PlatformError, rest_s: float
) -> None:
    """Only the figures wait: the account's posts go out."""
    scene.platform.faults = [error]
    await scene.visit()
    account = await scene.account()
    assert rest_s - PATIENCE_S <= account["in_s"] <= rest_s + 15
    assert account["status"] == "connected"
    assert await scene.count("social_account where cooldown_until is not null") == 0


async def test_a_cooldown_of_its_posts_is_one_of_its_figures(scene: CollectionScene, pool: Pool) -> None:
    await pool.execute("update social_account set cooldown_until = now() + interval '1 hour'")
    assert await scene.visit() == []


async def test_a_refused_post_blocks_no_other(scene: CollectionScene) -> None:
    posts = [await scene.post(f"post {number}", hours=number) for number in range(4)]
    scene.platform.told = {f"post {number}": {"views": 5} for number in range(4)}
    scene.platform.faults = [None, PlatformRefusal("PLATFORM_REJECTED", "no", category="platform_rejected")]
    await scene.visit()
    assert [await scene.values(post) for post in posts] == [[], [], [(5, 5)], [(5, 5)]]
    assert (await scene.account())["failures"] == 0


async def test_failing_posts_block_no_other(scene: CollectionScene) -> None:
    """After three failures in a row the platform is left alone, and later other posts follow."""
    posts = {name: await scene.post(name) for name in ("a", "b", "c", "d", "e", "f", "g", "h")}
    scene.platform.spoiled = dict.fromkeys("abcd", LOST)
    for views in (5, 6):
        scene.platform.told = {name: {"views": views} for name in posts}
        for _ in range(6):
            await scene.visit()
            await scene.pass_time(0.25)
    assert [await scene.values(posts[name]) for name in "efgh"] == [[(5, 5), (6, 1)]] * 4
    assert [await scene.values(posts[name]) for name in "abcd"] == [[]] * 4


async def test_a_post_that_fails_once_is_queried_again_within_an_hour(scene: CollectionScene) -> None:
    """At any age of the post. One failed post doesn't count as an unreachable platform."""
    posts = {name: await scene.post(name, hours=24 * 20) for name in ("a", "b")}
    scene.platform.told = {name: {"views": 5} for name in posts}
    scene.platform.spoiled = {"a": LOST}
    await scene.visit()
    assert (await scene.account())["failures"] == 0
    scene.platform.spoiled = {}
    await scene.pass_time(1.1)
    await scene.visit()
    assert [len(await scene.values(post)) for post in posts.values()] == [1, 1]


async def test_an_expired_token_is_refreshed_once(scene: CollectionScene) -> None:
    expired = AccessTokenExpired("TOKEN_EXPIRED", "the token has ended")
    for _ in range(3):
        scene.platform.faults = [expired]
        await scene.visit()
        await scene.pass_time(6)
    assert await scene.count("job where kind = 'refresh_token'") == 1
    assert (await scene.account())["failures"] == 3


async def test_an_expiring_token_is_refreshed_first(scene: CollectionScene, pool: Pool) -> None:
    ends = datetime.now(UTC) + timedelta(seconds=10)
    async with pool.acquire() as conn:
        await seeds.account(conn, scene.org, scene.id, grant=TokenGrant(access_token="old", expires_at=ends))
    assert await scene.visit() == ["completed"]
    assert scene.platform.tokens == []
    assert await scene.count("job where kind = 'refresh_token'") == 1
    assert 0 < (await scene.account())["in_s"] <= cadence.METRIC_POLL_TOKEN_REFRESH_WAIT_S


async def test_an_account_to_reconnect_waits_for_its_owner(scene: CollectionScene, pool: Pool) -> None:
    scene.platform.faults = [AccountReauthRequired("TOKEN_REFUSED", "the token opens nothing")]
    await scene.visit()
    assert (await scene.account())["status"] == "reauth_required"
    await scene.pass_time(48)
    assert await scene.visit() == []
    async with pool.acquire() as conn:
        await seeds.account(conn, scene.org, scene.id)
    assert await scene.visit() == ["completed"]
