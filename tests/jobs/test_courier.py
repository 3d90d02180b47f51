"""The courier: sends a message and a list entry after the commit, and never blocks or fails its caller."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
import pytest_asyncio
from arq.connections import ArqRedis
from prometheus_client import REGISTRY
from redis import exceptions

from db.local import run_local_valkey
from jobs import courier
from jobs.breaker import CircuitBreaker
from jobs.ledger import WakeMessage
from schemas import ids
from tests.cutting import cut_everywhere
from tests.jobs.test_loop_time import BLOCKED_S, slow_loop
from tests.waiting import PATIENCE_S, eventually


@pytest.fixture
def wake() -> WakeMessage:
    return WakeMessage("ingest", "ingest_website", ids.new_uuid7())


@pytest_asyncio.fixture
async def client(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ArqRedis]:
    """Return the receiving client. It has no sender's budget, so a busy machine fails no test."""
    monkeypatch.setattr(courier, "WAKE_SEND_BUDGET_S", PATIENCE_S)
    async with courier.open_wake_client(redis_url, timeout_s=PATIENCE_S) as opened:
        yield opened


def count_sends(outcome: str) -> float:
    return REGISTRY.get_sample_value("courier_sends_total", {"pool": "ingest", "outcome": outcome}) or 0


async def read_wakes(client: ArqRedis) -> list[bytes]:
    found: list[bytes] = await client.execute_command("LRANGE", courier.wake_list_key("ingest"), 0, -1)  # type: ignore[no-untyped-call]  # the library has no types here
    return found


async def test_a_wake_is_a_message_named_by_its_kind_and_an_entry_of_the_list(
    client: ArqRedis, redis_url: str, wake: WakeMessage
) -> None:
    async with courier.open_redis_wake_courier(redis_url) as sender:
        await sender.send_or_queue_wake(wake)
    assert await client.zrange(courier.wake_queue_key("ingest"), 0, -1) == [str(wake.job_id).encode()]
    assert await read_wakes(client) == [str(wake.job_id).encode()]
    message = msgspec.msgpack.decode(await client.get(f"arq:job:{wake.job_id}"))
    assert message.pop("et") > 0
    assert message == {"t": None, "f": "ingest_website", "a": [], "k": {}}


async def test_a_queued_wake_is_not_sent_again(client: ArqRedis, redis_url: str, wake: WakeMessage) -> None:
    async with courier.open_redis_wake_courier(redis_url) as sender:
        await sender.send_or_queue_wake(wake)
        await sender.flush()
        await sender.send_or_queue_wake(wake)
    assert len(await read_wakes(client)) == 1


async def test_an_answered_wake_is_sent_again(client: ArqRedis, redis_url: str, wake: WakeMessage) -> None:
    async with courier.open_redis_wake_courier(redis_url) as sender:
        await sender.send_or_queue_wake(wake)
        await sender.flush()
        [answered] = await read_wakes(client)
        await courier.delete_wake_message(client, wake.pool, answered)
        await sender.send_or_queue_wake(wake)
    assert len(await read_wakes(client)) == 2
    assert await client.zcard(courier.wake_queue_key("ingest")) == 1


async def test_unread_wakes_are_limited(client: ArqRedis, redis_url: str) -> None:
    async with courier.open_redis_wake_courier(redis_url) as sender:
        for _ in range(courier.MAX_WAKE_LIST_LENGTH + 5):
            await sender.send_or_queue_wake(WakeMessage("ingest", "ingest_website", ids.new_uuid7()))
            await sender.flush()
    assert len(await read_wakes(client)) == courier.MAX_WAKE_LIST_LENGTH


async def test_simultaneous_wakes_are_the_first_and_last_message(client: ArqRedis, redis_url: str) -> None:
    """The last message covers commits after the first message was handled."""
    wakes = [WakeMessage("ingest", "ingest_website", ids.new_uuid7()) for _ in range(20)]
    async with courier.open_redis_wake_courier(redis_url) as sender:
        await asyncio.gather(*map(sender.send_or_queue_wake, wakes))
    assert await read_wakes(client) == [str(wakes[at].job_id).encode() for at in (-1, 0)]


async def test_another_kind_does_not_wait_for_the_first(client: ArqRedis, redis_url: str, wake: WakeMessage) -> None:
    async with courier.open_redis_wake_courier(redis_url) as sender:
        await sender.send_or_queue_wake(wake)
        await sender.send_or_queue_wake(wake._replace(kind="another", job_id=ids.new_uuid7()))
        assert len(await read_wakes(client)) == 2


async def test_a_paused_redis_costs_a_caller_the_budget_once_and_then_nothing(
    tmp_path: Path, wake: WakeMessage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "COURIER_FAILURE_COOLDOWN_S", PATIENCE_S)
    monkeypatch.setattr(courier, "WAKE_SEND_BUDGET_S", PATIENCE_S)
    with run_local_valkey(tmp_path) as server:
        async with courier.open_redis_wake_courier(server.url) as sender:
            await sender.send_or_queue_wake(wake)
            await sender.flush()
            server.pause()
            monkeypatch.setattr(courier, "WAKE_SEND_BUDGET_S", 0.5)
            failed, skipped = count_sends("failed"), count_sends("skipped")
            started = time.monotonic()
            for number in range(50):
                await sender.send_or_queue_wake(wake._replace(kind=f"kind_{number}"))
            assert time.monotonic() - started > courier.WAKE_SEND_BUDGET_S * 0.8
            assert (count_sends("failed"), count_sends("skipped")) == (failed + 1, skipped + 49)


@pytest.mark.long
async def test_a_slow_loop_does_not_count_as_a_failed_redis(
    redis_url: str, wake: WakeMessage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each pass of the loop takes longer than Redis has for a message, including a new connection."""
    monkeypatch.setattr(
        courier, "WAKE_SEND_BUDGET_S", BLOCKED_S * 0.8
    )  # More time than a busy machine may keep Redis from this process.
    sent = count_sends("sent")
    async with courier.open_redis_wake_courier(redis_url) as sender:
        with slow_loop():
            await sender.send_or_queue_wake(wake)
            await sender.send_or_queue_wake(wake._replace(kind="another", job_id=ids.new_uuid7()))
    assert count_sends("sent") == sent + 2


async def test_a_redis_that_comes_back_is_used_again(tmp_path: Path, wake: WakeMessage) -> None:
    with run_local_valkey(tmp_path) as server:
        async with courier.open_redis_wake_courier(server.url) as sender:
            await asyncio.to_thread(server.kill)
            await sender.send_or_queue_wake(wake)
            await asyncio.to_thread(server.start_and_wait_until_ready)
            sent = count_sends("sent")

            async def delivered() -> bool:
                await sender.send_or_queue_wake(wake)
                return count_sends("sent") > sent

            await eventually(delivered)


async def test_a_canceled_client_leaves_no_connection(redis_url: str) -> None:
    async def ask() -> None:
        async with courier.open_wake_client(redis_url, timeout_s=PATIENCE_S) as client:
            await asyncio.gather(client.ping(), client.ping())

    await cut_everywhere(ask)


@pytest.mark.parametrize("times", [1, 2])
async def test_a_canceled_transaction_leaves_no_connection(redis_url: str, times: int) -> None:
    """No coroutine is left as garbage either: redis-py would report it during a later test."""

    async def look() -> None:
        async with courier.open_wake_client(redis_url, timeout_s=PATIENCE_S) as client, client.pipeline() as pipe:
            await pipe.watch("one")

    await cut_everywhere(look, times=times)
    gc.collect()


async def test_no_command_is_sent_after_the_end(redis_url: str) -> None:
    """A connection under way sends no command either."""
    async with courier.open_wake_client(redis_url, timeout_s=PATIENCE_S) as client:
        late = asyncio.create_task(client.execute_command("PING"))  # type: ignore[no-untyped-call]
        await asyncio.sleep(0)
    with pytest.raises(exceptions.ConnectionError, match="ended"):
        await late
    with pytest.raises(exceptions.ConnectionError, match="ended"):
        await client.execute_command("PING")  # type: ignore[no-untyped-call]


def test_after_a_failure_one_caller_at_a_time_tests_redis() -> None:
    now = [100.0]
    breaker = CircuitBreaker(1.0, lambda: now[0])
    assert breaker.try_to_reserve_call()
    breaker.record_failure_and_open()
    assert not breaker.try_to_reserve_call()
    now[0] += 1.0
    assert breaker.try_to_reserve_call()
    assert not breaker.try_to_reserve_call()
    breaker.record_success()
    assert breaker.try_to_reserve_call()
    assert breaker.try_to_reserve_call()


class BrokenClient(ArqRedis):
    """A client with an unexpected error in the send of one job's wake."""

    broken_job: UUID

    async def evalsha(self, *words: Any) -> Any:
        if str(self.broken_job) in words:
            raise KeyError("a fault of the client")
        return await super().evalsha(*words)  # type: ignore[misc]  # the stubs mix sync and async


async def test_a_failed_send_does_not_block_the_next_wake_of_its_kind(client: ArqRedis) -> None:
    """The second send follows a pause, so it has no caller to catch its error."""
    wakes = [WakeMessage("ingest", "ingest_website", ids.new_uuid7()) for _ in range(3)]
    broken = BrokenClient(client.connection_pool, **courier.WAKE_SERIALIZER_ARGUMENTS)
    broken.broken_job = wakes[1].job_id
    sender = courier.WakeCourier(broken, CircuitBreaker(1.0))
    for wake in wakes[:2]:
        await sender.send_or_queue_wake(wake)
    with pytest.raises(KeyError):
        await sender.flush()
    await sender.send_or_queue_wake(wakes[2])
    assert await read_wakes(client) == [str(wakes[at].job_id).encode() for at in (2, 0)]
