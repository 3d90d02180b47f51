"""Rights of a key over others: only over keys with no more rights, and no longer."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product
from typing import NamedTuple
from uuid import UUID

import pytest

from db.pool import Conn
from domain.tenancy import api_keys
from domain.tenancy.api_keys import Actor
from schemas import ids
from schemas.errors import ApiKeyScopeMissing, InvalidValue, StateConflict
from tests import seeds

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


def ends(days: int | None) -> datetime | None:
    return None if days is None else NOW + days * DAY


class Rights(NamedTuple):
    """Rights of a key; None never expires."""

    scopes: frozenset[str]
    origins: frozenset[str]
    days: int | None

    def within(self, other: "Rights") -> bool:
        in_time = other.days is None or (self.days is not None and self.days <= other.days)
        return self.scopes <= other.scopes and self.origins <= other.origins and in_time


ALL = [
    Rights(frozenset(("keys:write", *scopes)), frozenset(origins), days)
    for scopes, origins, days in product(
        [(), ("jobs:read",)], [(), ("https://a.example",), ("https://b.example",)], [1, 2, None]
    )
]


async def made(conn: Conn, actor: Actor, rights: Rights) -> UUID:
    asked = {"scopes": sorted(rights.scopes), "return_origins": sorted(rights.origins)}
    shown = await seeds.api_key(
        conn, actor.organization_id, actor=actor, **asked, expires_at=ends(rights.days), now=NOW
    )
    return seeds.parse_id(ids.API_KEY_ID_PREFIX, shown.id)


async def rotate(conn: Conn, actor: Actor, key: UUID) -> object:
    return await api_keys.rotate_api_key_secret(conn, peppers=seeds.PEPPERS, actor=actor, key_uuid=key, overlap=DAY)


async def kill(conn: Conn, actor: Actor, key: UUID) -> object:
    return await api_keys.disable_api_key(conn, actor=actor, key_uuid=key)


@pytest.mark.parametrize("verb", [None, rotate, kill])
async def test_key_cannot_exceed_its_own_rights(
    conn: Conn, verb: Callable[[Conn, Actor, UUID], Awaitable[object]] | None
) -> None:
    """Every pair of rights: a key can't create, rotate or kill a stronger one."""
    org = await seeds.organization(conn)
    operator = Actor(org, "live", None, api_keys.ALL_API_KEY_SCOPES)
    for own, other in product(ALL, ALL):
        await conn.execute("update api_key set killed_at = now()")  # Makes room for a hundred live keys.
        actor = Actor(org, "live", ids.new_uuid7(), own.scopes, own.origins, ends(own.days))
        act: Callable[[], Awaitable[object]] = partial(made, conn, actor, other)
        if verb is not None:
            act = partial(verb, conn, actor, await made(conn, operator, other))
        before = await conn.fetchval("select count(*) from audit_log")
        # A key created without an expiry gets its creator's.
        meant = other._replace(days=own.days) if verb is None and other.days is None else other
        if meant.within(own):
            await act()
        else:
            with pytest.raises((ApiKeyScopeMissing, InvalidValue, StateConflict)):
                await act()
        after = await conn.fetchval("select count(*) from audit_log")
        assert after == before + meant.within(own), (own, other)


async def test_key_without_an_expiry_gets_its_creators(conn: Conn) -> None:
    org = await seeds.organization(conn)
    maker = Actor(org, "live", ids.new_uuid7(), {"keys:write"}, (), ends(1))
    key = await made(conn, maker, Rights(frozenset({"keys:write"}), frozenset(), None))
    assert await conn.fetchval("select expires_at from api_key where id = $1", key) == NOW + DAY
