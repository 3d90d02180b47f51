"""Keys of apps: each opens its app while it is valid, with the app's current rights."""

from datetime import datetime
from uuid import UUID

import pytest

from db.pool import Conn, Pool
from domain.apps import app_keys, apps
from domain.security.keyring import Keyring
from domain.tenancy import key_secrets
from schemas import ids
from tests import seeds
from tests.domain.apps.project_apps import create, delete, open_ones, opened, patch, uuid_of
from tests.domain.project import Project


async def test_each_key_opens_its_own_app_by_one_statement(pool: Pool, conn: Conn, project: Project) -> None:
    shop = await create(pool, project)
    phone = await create(pool, project, platform="ios", web_domain=None, bundle_id="com.example.shop")
    swapped = app_keys.format_app_key(uuid_of(shop), phone.api_key[-43:])
    unknown = app_keys.format_app_key(ids.new_uuid7(), shop.api_key[-43:])
    found = await opened(conn, phone.api_key, swapped, shop.api_key, unknown, "lpa_x", shop.api_key + "\n")
    assert [app and app.app_no for app in found] == [2, None, 1, None, None, None]
    assert found[2] is not None
    assert found[2][:7] == (project.org, project.id, uuid_of(shop), 1, "web", "shop.example", "partner")
    assert found[0] is not None
    assert (found[0].platform, found[0].web_domain) == ("ios", None)


async def test_secret_of_a_key_is_not_stored(pool: Pool, conn: Conn, project: Project) -> None:
    app = await create(pool, project)
    assert app.api_key.startswith(f"lpa_{app.app_id}_")
    secret = app.api_key.removeprefix(f"lpa_{app.app_id}_")
    assert len(secret) == 43
    rows = await conn.fetch("select a::text as text from sdk_app a union all select a::text from audit_log a")
    assert not any(secret in row["text"] or secret.encode().hex() in row["text"] for row in rows)


async def test_known_and_unknown_apps_cost_the_same(
    pool: Pool, conn: Conn, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unknown and known apps cost the same number of hashes."""
    digest, counted = key_secrets._hash_with_pepper, list[str]()

    def counting(secret: str, peppers: Keyring, pepper_id: str) -> bytes:
        counted.append(pepper_id)
        return digest(secret, peppers, pepper_id)

    live, rotated, deleted = [
        await create(pool, project, web_domain=f"{name}.example") for name in ("live", "rotated", "deleted")
    ]
    await patch(pool, project, rotated, rotate_key=True, overlap_hours=1)
    await delete(pool, project, deleted)
    monkeypatch.setattr(key_secrets, "_hash_with_pepper", counting)
    for app_id in (ids.new_uuid7(), *map(uuid_of, (live, rotated, deleted))):
        counted.clear()
        assert await opened(conn, app_keys.format_app_key(app_id, "s" * 43)) == [None]
        assert len(counted) == 2


async def test_old_key_is_valid_during_its_overlap(pool: Pool, conn: Conn, project: Project) -> None:
    app = await create(pool, project)
    first = (await patch(pool, project, app, rotate_key=True, overlap_hours=24)).api_key
    assert first
    assert await open_ones(conn, app.api_key, first) == [True, True]
    await conn.execute("update sdk_app set overlap_until = now()")
    assert await open_ones(conn, app.api_key, first) == [False, True]
    second = (await patch(pool, project, app, rotate_key=True)).api_key
    assert second
    assert await open_ones(conn, app.api_key, first, second) == [False, False, True]


async def test_deleting_an_app_deletes_its_hashes(pool: Pool, conn: Conn, project: Project) -> None:
    app = await create(pool, project)
    rotated = await patch(pool, project, app, rotate_key=True, overlap_hours=24)
    await delete(pool, project, app)
    assert await open_ones(conn, app.api_key, rotated.api_key or "") == [False, False]
    hashes = "select num_nonnulls(secret_hash, pepper_id, old_secret_hash, old_pepper_id) from sdk_app"
    assert await conn.fetchval(hashes) == 0


async def test_an_event_is_noted_once_a_minute(pool: Pool, conn: Conn, project: Project) -> None:
    app = uuid_of(await create(pool, project))
    times = [await _noted(conn, project, app) for _ in range(2)]
    assert times[0] == times[1]
    await conn.execute("update sdk_app set last_event_at = now() - interval '61 seconds'")
    assert await _noted(conn, project, app) > times[0]


async def _noted(conn: Conn, project: Project, app_id: UUID) -> datetime:
    await apps.store_app_event_time(conn, organization_id=project.org, app_id=app_id)
    found = await apps.read_sdk_app_by_id(
        conn, organization_id=project.org, project_id=project.id, app_id=app_id, public_url=seeds.PUBLIC_URL
    )
    assert found.last_event_at
    return found.last_event_at
