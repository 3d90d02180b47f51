"""The checks at the start of the API."""

import pytest

from api.app import create_app
from db.pool import Pool
from schemas.errors import SettingsInvalid
from schemas.settings import Settings
from tests.api.conftest import ApiCaller, hold_context


def raises_settings_invalid(why: str) -> "pytest.RaisesGroup[SettingsInvalid]":
    """Expect `SettingsInvalid`, also inside nested exception groups."""
    return pytest.RaisesGroup(pytest.RaisesExc(SettingsInvalid, match=why), flatten_subgroups=True)


async def test_start_needs_every_key_in_use(acme: ApiCaller, pool: Pool, settings: Settings) -> None:
    """An expired record needs no vault key."""
    body = {"name": "a", "scopes": ["*"]}
    await acme.http.post("/v1/api-keys", json=body, headers={"Idempotency-Key": "k"})
    await pool.execute("update idempotency_key set vault_key_id = 'lost', created_at = now() - interval '25 hours'")
    async with hold_context(create_app(settings).lifespan()):
        pass
    await pool.execute("update idempotency_key set created_at = now()")
    with raises_settings_invalid("VAULT_KEYS lacks lost"):
        async with hold_context(create_app(settings).lifespan()):
            pass
    await pool.execute("delete from idempotency_key")
    await pool.execute("update api_key set pepper_id = 'lost'")
    with raises_settings_invalid("PEPPERS lacks lost"):
        async with hold_context(create_app(settings).lifespan()):
            pass
