"""Apps of a project, and operations on them."""

from typing import Any
from uuid import UUID

from db.pool import Conn, Pool, run_in_transaction
from domain.apps import app_keys, apps
from domain.apps.app_keys import SdkAppOfEventRequest
from domain.apps.apps import AppChangeAuthor
from schemas import ids
from schemas.apps import SdkAppChanged, SdkAppDeleted, SdkAppPatch, SdkAppShown
from tests import seeds
from tests.domain.project import Project


def uuid_of(app: SdkAppShown) -> UUID:
    found = ids.parse_prefixed_id(ids.SDK_APP_ID_PREFIX, app.app_id)
    assert found
    return found


async def create(pool: Pool, project: Project, **fields: Any) -> SdkAppShown:
    async with pool.acquire() as conn:
        return await seeds.app(conn, project.org, project.id, **fields)


async def patch(pool: Pool, project: Project, app: SdkAppShown, **fields: Any) -> SdkAppChanged:
    body = apps.check_app_patch(SdkAppPatch(**fields))
    given: dict[str, Any] = {"peppers": seeds.PEPPERS, "vault": seeds.VAULT, "body": body}
    given["public_url"] = seeds.PUBLIC_URL
    author = AppChangeAuthor(project.org, project.id)
    return await run_in_transaction(
        pool, lambda conn: apps.apply_app_patch(conn, author=author, app_id=uuid_of(app), **given)
    )


async def delete(pool: Pool, project: Project, app: SdkAppShown) -> SdkAppDeleted:
    author = AppChangeAuthor(project.org, project.id)
    return await run_in_transaction(
        pool, lambda conn: apps.delete_project_app(conn, author=author, app_id=uuid_of(app))
    )


async def opened(conn: Conn, *keys: str) -> list[SdkAppOfEventRequest | None]:
    return await app_keys.authenticate_sdk_app_keys(conn, keys=keys, peppers=seeds.PEPPERS)


async def open_ones(conn: Conn, *keys: str) -> list[bool]:
    """Return whether each key opens an app."""
    return [app is not None for app in await opened(conn, *keys)]
