"""The checks at the start of the API."""

import pytest

from api.app import create_app
from db.pool import Pool
from schemas.errors import SettingsInvalid
from schemas.settings import Settings
from tests.api.conftest import Caller, held


def refused(why: str) -> "pytest.RaisesGroup[SettingsInvalid]":
    """Expect `SettingsInvalid`, also inside nested exception groups."""
    return pytest.RaisesGroup(pytest.RaisesExc(SettingsInvalid, match=why), flatten_subgroups=True)


async def test_it_refuses_to_start_without_a_pepper_that_a_key_is_hashed_with(
    acme: Caller, pool: Pool, settings: Settings
) -> None:
    await pool.execute("update api_key set pepper_id = 'lost'")
    with refused("PEPPERS lacks lost"):
        async with held(create_app(settings).lifespan()):
            pass


async def test_it_refuses_to_start_without_a_vault_key_that_a_record_is_sealed_with(
    acme: Caller, pool: Pool, settings: Settings
) -> None:
    body = {"name": "a", "scopes": ["*"]}
    await acme.http.post("/v1/api-keys", json=body, headers={"Idempotency-Key": "k"})
    await pool.execute("update idempotency_key set vault_key_id = 'lost'")
    with refused("VAULT_KEYS lacks lost"):
        async with held(create_app(settings).lifespan()):
            pass


async def test_a_record_past_its_day_asks_for_no_key(acme: Caller, pool: Pool, settings: Settings) -> None:
    body = {"name": "a", "scopes": ["*"]}
    await acme.http.post("/v1/api-keys", json=body, headers={"Idempotency-Key": "k"})
    await pool.execute(
        "update idempotency_key set vault_key_id = 'lost', created_at = now() - interval '25 hours'"
    )
    async with held(create_app(settings).lifespan()):
        pass
