"""Unclaimed uploads: none is lost and none is kept, through a fault at any step."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from db.pool import Conn, Pool
from domain.media import uploads
from domain.media.store import MediaStore
from schemas.errors import ServiceUnavailable
from tests import seeds
from tests.s3.storages import ALL_STORAGES, BREAKABLE_STORAGES, BucketStorage, MediaStorage
from tests.waiting import PATIENCE_S, eventually
from workers.dispatcher.chores import build_unclaimed_upload_prune_chore


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raise the time limit of deletes for a busy machine."""
    monkeypatch.setattr(uploads, "UPLOAD_DELETE_TIMEOUT_S", PATIENCE_S)


async def stored(conn: Conn, store: MediaStore, org: UUID) -> str:
    async def content() -> AsyncIterator[bytes]:
        yield b"bread"

    token = await uploads.reserve_upload(conn, organization_id=org)
    await store.write(token, content())
    return token


async def is_there(store: MediaStore, token: str) -> bool:
    try:
        async with store.read(token):
            return True
    except ServiceUnavailable:
        return False


async def pending(conn: Conn) -> list[str]:
    return [row["token"] for row in await conn.fetch("select token from media_upload order by started_at")]


@ALL_STORAGES
async def test_unclaimed_file_is_deleted(conn: Conn, store: MediaStore, org: UUID) -> None:
    kept, dropped = [await stored(conn, store, org) for _ in range(2)]
    await uploads.claim_uploads(conn, organization_id=org, tokens=[kept])
    await uploads.delete_unclaimed_uploads_now(conn, store, organization_id=org, tokens=[kept, dropped])
    assert await is_there(store, kept)
    assert not await is_there(store, dropped)
    assert await pending(conn) == []


async def test_it_is_deleted_for_its_own_organization_only(conn: Conn, store: MediaStore, org: UUID) -> None:
    token, other = await stored(conn, store, org), await seeds.organization(conn)
    await uploads.delete_unclaimed_uploads_now(conn, store, organization_id=other, tokens=[token])
    with pytest.raises(ServiceUnavailable):
        await uploads.claim_uploads(conn, organization_id=other, tokens=[token])
    assert await is_there(store, token)


async def test_discard_waits_for_a_commit_under_way(pool: Pool, conn: Conn, store: MediaStore, org: UUID) -> None:
    """A connection lost in a commit leaves the outcome open: the rows decide."""
    token = await stored(conn, store, org)
    async with pool.acquire() as other:
        transaction = other.transaction()
        await transaction.start()
        await uploads.claim_uploads(other, organization_id=org, tokens=[token])
        discarding = asyncio.create_task(
            uploads.delete_unclaimed_uploads_now(conn, store, organization_id=org, tokens=[token])
        )
        await eventually(lambda: waits(pool))
        await transaction.commit()
    await discarding
    assert await is_there(store, token)


async def waits(pool: Pool) -> bool:
    found = await pool.fetchval(
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    )
    return bool(found)


@ALL_STORAGES
async def test_chore_deletes_day_old_leftovers(conn: Conn, store: MediaStore, org: UUID) -> None:
    old, fresh = [await stored(conn, store, org) for _ in range(2)]
    unwritten = await uploads.reserve_upload(conn, organization_id=org)
    await conn.execute("update media_upload set started_at = now() - interval '24 hours' where token <> $1", fresh)
    assert await build_unclaimed_upload_prune_chore(store).run(conn) == 2
    assert await pending(conn) == [fresh]
    assert not await is_there(store, old)
    assert not await is_there(store, unwritten)
    assert await is_there(store, fresh)
    with pytest.raises(ServiceUnavailable):
        await uploads.claim_uploads(conn, organization_id=org, tokens=[old])


@BREAKABLE_STORAGES
async def test_a_chore_waits_for_a_storage_that_is_away(
    conn: Conn, store: MediaStore, org: UUID, media_kept: MediaStorage
) -> None:
    token = await stored(conn, store, org)
    await conn.execute("update media_upload set started_at = now() - interval '24 hours'")
    with media_kept.away():
        assert await build_unclaimed_upload_prune_chore(store).run(conn) == 0
        assert await pending(conn) == [token]
    assert await build_unclaimed_upload_prune_chore(store).run(conn) == 1
    assert await pending(conn) == []
    assert media_kept.names() == []


@pytest.mark.parametrize("media_kept", ["s3"], indirect=True)
async def test_silent_storage_does_not_block_other_chores(
    conn: Conn, store: MediaStore, org: UUID, media_kept: MediaStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows' locks either: the server ends the dispatcher's own session after 5 idle seconds."""
    assert isinstance(media_kept, BucketStorage)
    tokens = [await stored(conn, store, org) for _ in range(3)]
    await conn.execute("update media_upload set started_at = now() - interval '24 hours'")
    media_kept.service.fail("delete", "hang")
    with monkeypatch.context() as hurried:
        hurried.setattr(uploads, "UPLOAD_DELETE_TIMEOUT_S", 0.1)
        assert await build_unclaimed_upload_prune_chore(store).run(conn) == 0
    media_kept.service.fail("delete", "hang", times=0)
    assert await pending(conn) == tokens
    assert await build_unclaimed_upload_prune_chore(store).run(conn) == 3
    assert media_kept.names() == []
