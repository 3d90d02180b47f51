"""Faulty buckets: reported at the start or as unavailable, never as a partial file."""

import asyncio
import logging
import os
import re
import resource
import sys
import traceback
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from domain.media import bucket
from domain.media.bucket import S3_UPLOAD_PART_BYTES
from domain.media.storage import open_media_store
from domain.media.store import MediaStore
from schemas.errors import ServiceUnavailable, SettingsInvalid
from tests.domain.media.test_storage import TOKEN, read, sent
from tests.s3.calls import SECRET
from tests.s3.service import Service
from tests.s3.storages import BucketStorage
from tests.servers import settings_for
from tests.waiting import PATIENCE_S

CONTENT = os.urandom(3 * S3_UPLOAD_PART_BYTES + 1)


@pytest.fixture
def media_kept(s3: Service) -> BucketStorage:
    return BucketStorage(s3)


def opened(media_kept: BucketStorage, **more: Any) -> MediaStore:
    return open_media_store(settings_for("postgresql://nowhere", "redis://nowhere", **media_kept.settings | more))


async def test_only_a_large_file_goes_in_parts(media_kept: BucketStorage, store: MediaStore) -> None:
    await store.write(TOKEN, sent(CONTENT))
    assert media_kept.service.asked == ["list", "begin", *["part"] * 4, "complete"]
    await store.write("x" * 43, sent(b"bread"))
    assert media_kept.service.asked[-1] == "put"


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no such bucket": ({"assets_url": "s3://nothing"}, "does not exist.*404 NoSuchBucket"),
    "another's key": ({"aws_access_key_id": "OTHER"}, "does not know the key.*403 InvalidAccessKeyId"),
    "a wrong secret": ({"aws_secret_access_key": "hush"}, "check AWS_SECRET_ACCESS_KEY"),
    "another region": ({"aws_region": "eu-test-2"}, "set AWS_REGION"),
}


@pytest.mark.parametrize("name", WRONG)
def test_faults_are_reported_at_the_start(media_kept: BucketStorage, name: str) -> None:
    changed, expected = WRONG[name]
    with pytest.raises(SettingsInvalid, match=f"^ASSETS_URL: .*{expected}") as raised:
        opened(media_kept, **changed)
    assert "\n" not in str(raised.value)
    assert not {SECRET, "hush"} & set(re.findall(r"\S+", str(raised.value)))


def test_key_without_rights_gets_a_reference(media_kept: BucketStorage) -> None:
    media_kept.service.fail("list", "deny")
    with pytest.raises(SettingsInvalid, match=r"rights in docs/howto/operate.md \(403 AccessDenied\)"):
        opened(media_kept)


def test_missing_key_is_reported(media_kept: BucketStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine has no role either: no server listens at the role's endpoint here."""
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(SettingsInvalid, match=r"^AWS_ACCESS_KEY_ID is missing"):
        opened(media_kept, aws_access_key_id="", aws_secret_access_key="")


@pytest.mark.parametrize("failure", ["refuse", "drop"])
async def test_bucket_away_at_the_start_may_come_back(media_kept: BucketStorage, failure: Any) -> None:
    media_kept.service.fail("any", failure)
    store = opened(media_kept)
    media_kept.service.clear_failures()
    await store.write(TOKEN, sent(b"bread"))
    assert await read(store) == b"bread"


@pytest.mark.parametrize("failure", ["refuse", "drop"])
async def test_passing_fault_is_retried(media_kept: BucketStorage, store: MediaStore, failure: Any) -> None:
    for sort in ("begin", "part", "complete", "put", "get"):
        media_kept.service.fail(sort, failure, times=2)
    await store.write(TOKEN, sent(CONTENT))
    assert await read(store) == CONTENT
    await store.write(TOKEN, sent(b"bread"))
    assert await read(store) == b"bread"


@pytest.mark.parametrize("sort", ["begin", "complete"])
async def test_failed_upload_leaves_nothing(media_kept: BucketStorage, store: MediaStore, sort: str) -> None:
    media_kept.service.fail(sort, "deny")
    with pytest.raises(ServiceUnavailable):
        await store.write(TOKEN, sent(CONTENT))
    assert media_kept.names() == []


async def test_upload_with_a_failed_part_leaves_nothing(media_kept: BucketStorage, store: MediaStore) -> None:
    async def content() -> AsyncIterator[bytes]:
        yield bytes(2 * S3_UPLOAD_PART_BYTES)
        media_kept.service.fail("part", "deny")
        for _ in range(4):
            yield bytes(S3_UPLOAD_PART_BYTES)

    with pytest.raises(ServiceUnavailable):
        await store.write(TOKEN, content())
    assert media_kept.names() == []


async def test_broken_stream_resumes(media_kept: BucketStorage, store: MediaStore) -> None:
    await store.write(TOKEN, sent(CONTENT))
    media_kept.service.fail("get", "cut", times=1)
    assert await read(store) == CONTENT
    assert media_kept.service.asked.count("get") == 2


async def test_stream_that_keeps_breaking_raises(media_kept: BucketStorage, store: MediaStore) -> None:
    await store.write(TOKEN, sent(CONTENT))
    media_kept.service.fail("get", "cut")
    with pytest.raises(ServiceUnavailable):
        await read(store)
    with pytest.raises(ServiceUnavailable):
        async with store.open_object_file(TOKEN):
            pass


async def test_copy_on_a_full_disk_raises(store: MediaStore) -> None:
    """The kernel writes as much as fits, and refuses only the next write."""
    content, (soft, most) = os.urandom(300 << 10), resource.getrlimit(resource.RLIMIT_FSIZE)
    await store.write(TOKEN, sent(content))
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(content) - 10, most))
    try:
        with pytest.raises(ServiceUnavailable):
            async with store.open_object_file(TOKEN):
                pass
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, most))


async def test_a_silent_service_is_not_waited_for_long(
    media_kept: BucketStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket, "S3_READ_TIMEOUT_S", 1)
    monkeypatch.setattr(bucket, "MAX_S3_RETRIES", 1)
    store, sorts = opened(media_kept), ("put", "get", "delete")
    for sort in sorts:
        media_kept.service.fail(sort, "hang")
    calls = (store.write(TOKEN, sent(b"x")), read(store), store.delete(TOKEN))
    async with asyncio.timeout(PATIENCE_S):
        came = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(one, ServiceUnavailable) for one in came), came
    assert max(map(media_kept.service.asked.count, sorts)) <= 2


DYING = """
import asyncio, os, sys
import msgspec
from domain.media.storage import open_media_store
from schemas.settings import Settings

async def content():
    yield bytes(11 << 20)
    os._exit(9)

settings = msgspec.json.decode(sys.argv[1], type=Settings)
asyncio.run(open_media_store(settings).write(sys.argv[2], content()))
"""


async def test_upload_of_a_killed_process_is_no_file(media_kept: BucketStorage, store: MediaStore) -> None:
    """Its parts stay until the bucket's lifecycle rule deletes them; deleting its row works."""
    settings = settings_for("postgresql://nowhere", "redis://nowhere", **media_kept.settings)
    words = [sys.executable, "-c", DYING, msgspec.json.encode(settings).decode(), TOKEN]
    process = await asyncio.create_subprocess_exec(*words)
    assert await process.wait() == 9
    assert media_kept.service.unfinished(media_kept.bucket) == [f"deep/assets/{TOKEN[:2]}/{TOKEN}"]
    with pytest.raises(ServiceUnavailable):
        await read(store)
    await store.delete(TOKEN)
    await store.write(TOKEN, sent(b"bread"))
    assert await read(store) == b"bread"


async def test_upload_with_a_lost_answer_is_deletable(media_kept: BucketStorage, store: MediaStore) -> None:
    media_kept.service.fail("complete", "lose", times=1)
    with pytest.raises(ServiceUnavailable):
        await store.write(TOKEN, sent(CONTENT))
    assert media_kept.names() == [TOKEN]
    await store.delete(TOKEN)
    assert media_kept.names() == []


async def test_no_secret_is_in_an_error_or_a_log(
    media_kept: BucketStorage, store: MediaStore, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """An object's name is secret too: it is the only credential."""
    caplog.set_level(logging.DEBUG)
    said = []
    for failure in ("deny", "drop"):
        media_kept.service.fail("any", failure)
        for call in (store.write(TOKEN, sent(b"x")), read(store), store.delete(TOKEN)):
            with pytest.raises(ServiceUnavailable) as raised:
                await call
            said += traceback.format_exception(raised.value.__cause__, chain=True)
            said += [repr(raised.value), str(raised.value)]
    told = "".join([*said, *capfd.readouterr(), caplog.text])
    assert "403 AccessDenied" in told
    assert TOKEN not in told
    assert SECRET not in told
