"""Storage quota by tier, and images stored without trailing data."""

import asyncio
import hashlib

import pytest
from litestar import Litestar

from db.pool import Pool
from domain.media import storage_quota
from domain.tenancy import organizations
from schemas import ids
from tests import media
from tests.api.conftest import ApiCaller, client_of, new_key
from tests.api.content.project import PNG, UploadProject, file, film

PICTURE = media.grainy("PNG")
#: A video, which has no thumbnail, much larger than the rest of its request.
CLIP = media.film(frames=100_000)
#: Bytes of a request besides its file.
AROUND = 400


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> int:
    """Limit every tier to three clips."""
    limit = 3 * (len(CLIP) + AROUND)
    monkeypatch.setattr(
        storage_quota, "STORAGE_QUOTA_BYTES_BY_TIER", dict.fromkeys(storage_quota.STORAGE_QUOTA_BYTES_BY_TIER, limit)
    )
    return limit


async def used_bytes(caller: ApiCaller) -> int:
    answer = await caller.http.get("/v1/whoami")
    return int(answer.json()["storage"]["usedBytes"])


async def test_trailing_data_is_not_stored(project: UploadProject) -> None:
    """Trailing data is neither counted, nor hashed, nor served."""
    for whole, name, mime in (
        (PNG, "a.png", "image/png"),
        (media.picture("JPEG"), "a.jpg", "image/jpeg"),
        (media.picture("WEBP"), "a.webp", "image/webp"),
    ):
        item = await project.made(file(whole + bytes(200_000), name, mime))
        [asset] = item["assets"]
        assert asset["sizeBytes"] == len(whole)
        assert asset["checksumSha256"] == hashlib.sha256(whole).hexdigest()
        served = await project.caller.http.get(asset["url"])
        assert served.content == whole


async def test_whoami_shows_storage_and_its_limit(acme: ApiCaller, project: UploadProject, pool: Pool) -> None:
    assert (await acme.http.get("/v1/whoami")).json()["storage"] == {
        "usedBytes": 0,
        "limitBytes": 5 * storage_quota.GIB,
    }
    await project.made(file(PICTURE), file())
    await project.made(film())
    small = await pool.fetchval("select sum(size_bytes)::bigint from asset_thumbnail")
    assert await used_bytes(acme) == len(PICTURE) + len(PNG) + len(media.film()) + small


async def test_concurrent_uploads_stop_at_the_quota(
    acme: ApiCaller, project: UploadProject, pool: Pool, room: int
) -> None:
    answers = await asyncio.gather(*(project.upload(film(CLIP)) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [413] * 5
    assert await used_bytes(acme) == 3 * len(CLIP) <= room
    assert len(project.stored()) == 3
    assert await pool.fetchval("select count(*) from media_upload") == 0
    refused = next(answer for answer in answers if answer.status_code == 413).json()["error"]
    assert (refused["code"], refused["details"]) == ("PAYLOAD_TOO_LARGE", {"limit": "storage", "limitBytes": room})


@pytest.mark.usefixtures("room")
async def test_failed_upload_frees_its_reservation(acme: ApiCaller, project: UploadProject) -> None:
    for _ in range(5):
        assert (await project.upload(file(PICTURE[: len(PICTURE) // 2]))).status_code == 422
    assert await used_bytes(acme) == 0
    await project.made(file(PICTURE))


@pytest.mark.usefixtures("room")
async def test_a_sandbox_counts_with_its_organization(
    app: Litestar, acme: ApiCaller, project: UploadProject, pool: Pool, rival: ApiCaller
) -> None:
    sandbox = await pool.fetchval("select id from organization where live_organization_id = $1", acme.organization_id)
    for _ in range(3):
        await project.made(film(CLIP))
    async with client_of(app, await new_key(pool, sandbox, env="test")) as client:
        created = (await client.post("/v1/projects", json={"name": "Shop", "timezone": "UTC"})).json()
        tested = UploadProject(ApiCaller(sandbox, "", client), created["id"], project.kept)
        assert (await tested.upload(film(CLIP))).status_code == 413
        assert await used_bytes(tested.caller) == 3 * len(CLIP)
    assert await used_bytes(rival) == 0


async def test_deletion_frees_the_quota(acme: ApiCaller, project: UploadProject, pool: Pool) -> None:
    first, second = [await project.made(file(PICTURE)) for _ in range(2)]
    for created in (first, second):
        await pool.execute(
            "delete from content_asset where content_id = $1",
            ids.parse_prefixed_id(ids.CONTENT_ID_PREFIX, created["id"]),
        )
    assert await used_bytes(acme) == 0


async def test_a_suspended_organization_has_the_quota_of_its_tier(acme: ApiCaller, pool: Pool) -> None:
    """Running uploads continue."""
    async with pool.acquire() as conn:
        await organizations.change_organization_tier_and_suspension(
            conn, organization_id=acme.organization_id, tier=None, suspended=True, actor=None
        )
        use = await storage_quota.read_org_storage_use(conn, organization_id=acme.organization_id)
    assert use.limit_bytes == 5 * storage_quota.GIB
