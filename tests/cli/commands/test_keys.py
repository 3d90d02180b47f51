import base64
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from cli.local import folder
from db.pool import Conn
from domain.accounts import credentials
from domain.security.keyring import parse_keyring
from domain.tenancy import api_keys, key_text
from schemas import ids
from schemas.settings import Settings
from tests import seeds
from tests.cli.conftest import Tenantry, decoded, refused


@pytest.fixture
async def organization(tenantry: Tenantry, environment: Settings) -> dict[str, Any]:
    """Create the only organization."""
    created: dict[str, Any] = decoded(await tenantry("org", "create", "Acme", "--json"))
    return created


@pytest.fixture
async def account(organization: dict[str, Any], conn: Conn) -> dict[str, UUID]:
    """Create an account with a token, and return its ids."""
    org = seeds.parse_id(ids.ORGANIZATION_ID_PREFIX, organization["id"])
    return {"organization_id": org, "account_id": await seeds.account(conn, org, await seeds.project(conn, org))}


async def is_accepted(conn: Conn, text: str, settings: Settings) -> bool:
    """Return whether the database accepts a key's text now."""
    presented = key_text.parse_api_key(text)
    assert presented
    rows = await api_keys.find_api_keys_by_key_ids(conn, key_ids=[presented.key_id])
    row = rows[presented.key_id]
    return (
        api_keys.presented_key_matches(row, presented, parse_keyring(settings.peppers, setting="PEPPERS"))
        and not row.killed
    )


async def test_a_moved_organization_gets_no_key(tenantry: Tenantry, organization: dict[str, Any], conn: Conn) -> None:
    """Its row stays as a mark after the purge."""
    await conn.execute("update organization set moved_at = now()")
    error = refused(await tenantry("keys", "create", "ci", "--org", organization["id"], "--json"), 4)
    assert error["details"] == {"reason": "ORGANIZATION_MOVED"}


async def test_a_key_is_accepted_through_a_rotation_until_it_is_killed(
    tenantry: Tenantry, organization: dict[str, Any], conn: Conn, settings: Settings
) -> None:
    """It has all scopes but ops. Its old secret works during the overlap; each change is audited."""
    made = decoded(await tenantry("keys", "create", "ci", "--json"))
    assert made["apiKey"].startswith("lp_live_")
    assert made["scopes"] == ["*"]
    assert await is_accepted(conn, made["apiKey"], settings)
    rotated = decoded(await tenantry("keys", "rotate", made["id"], "--overlap-hours", "1", "--json"))
    assert rotated["id"] == made["id"]
    assert await is_accepted(conn, rotated["apiKey"], settings)
    assert await is_accepted(conn, made["apiKey"], settings)
    assert decoded(await tenantry("keys", "kill", made["id"], "--json"))["killSwitch"] is True
    assert not await is_accepted(conn, rotated["apiKey"], settings)
    error = refused(await tenantry("keys", "rotate", made["id"], "--json"), 4)
    assert error["details"]["reason"] == "KEY_KILLED"
    rows = await conn.fetch("select action, subject, api_key_id from audit_log order by id")
    assert [tuple(row) for row in rows] == [
        (f"api_key.{change}", made["id"], None) for change in ("created", "rotated", "killed")
    ]


async def test_the_secret_is_shown_once(tenantry: Tenantry, organization: dict[str, Any]) -> None:
    result = await tenantry("keys", "create", "ci")
    secret = next(line.split()[1] for line in result.stdout.splitlines() if line.startswith("apiKey "))
    presented = key_text.parse_api_key(secret)
    assert presented
    assert "once" in result.stderr
    assert presented.secret not in (await tenantry("keys", "list")).output


async def test_create_sets_scopes_origins_and_expiry(tenantry: Tenantry, organization: dict[str, Any]) -> None:
    words = ["--scope", "projects:read", "--scope", "ops:read", "--return-origin", "https://app.example.com"]
    made = decoded(await tenantry("keys", "create", "ci", *words, "--days", "30", "--json"))
    assert made["scopes"] == ["projects:read", "ops:read"]
    assert made["returnOrigins"] == ["https://app.example.com"]
    assert (datetime.fromisoformat(made["expiresAt"]) - datetime.now(UTC)).days == 29


async def test_a_sandbox_has_test_keys(tenantry: Tenantry, organization: dict[str, Any]) -> None:
    made = decoded(await tenantry("keys", "create", "tests", "--sandbox", "--json"))
    assert made["env"] == "test"
    by_id = decoded(await tenantry("keys", "list", "--org", organization["sandboxId"], "--json"))
    assert [key["id"] for key in by_id["items"]] == [made["id"]]
    assert decoded(await tenantry("keys", "list", "--json"))["items"] == []


async def test_rotate_and_kill_find_a_key_by_its_id_alone(
    tenantry: Tenantry, organization: dict[str, Any], conn: Conn, settings: Settings
) -> None:
    other = decoded(await tenantry("org", "create", "Other", "--json"))
    for words in (["--org", organization["id"]], ["--org", other["id"]], ["--org", other["id"], "--sandbox"]):
        made = decoded(await tenantry("keys", "create", "ci", *words, "--json"))
        rotated = decoded(await tenantry("keys", "rotate", made["id"], "--json"))
        assert (rotated["id"], rotated["env"]) == (made["id"], made["env"])
        assert await is_accepted(conn, rotated["apiKey"], settings)
        assert decoded(await tenantry("keys", "kill", made["id"], "--json"))["killSwitch"] is True
        assert not await is_accepted(conn, rotated["apiKey"], settings)


async def test_invalid_options_change_nothing(tenantry: Tenantry, organization: dict[str, Any]) -> None:
    assert (await tenantry("keys", "create", "ci", "--scope", "everything")).exit_code == 2
    assert refused(await tenantry("keys", "create", "ci", "--return-origin", "app", "--json"), 2)
    assert refused(await tenantry("keys", "create", "", "--json"), 2)
    assert (await tenantry("keys", "kill", "job_" + str(uuid4()))).exit_code == 2
    assert refused(await tenantry("keys", "kill", str(uuid4()), "--json"), 3)["code"] == "NOT_FOUND"
    assert decoded(await tenantry("keys", "list", "--json"))["items"] == []


async def test_rewrap_seals_with_the_keyrings_first_key(
    tenantry: Tenantry, account: dict[str, UUID], conn: Conn, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = f"new:{base64.b64encode(bytes(32)).decode()}"
    monkeypatch.setenv("VAULT_KEYS", newer)
    assert "lacks test" in refused(await tenantry("keys", "rewrap", "--json"), 5)["message"]
    monkeypatch.setenv("VAULT_KEYS", f"{newer},{settings.vault_keys}")
    done = decoded(await tenantry("keys", "rewrap", "--json"))
    assert (done["keyId"], done["total"], done["rows"]["account_credential"]) == ("new", 1, 1)
    keyring = parse_keyring(newer, setting="VAULT_KEYS")
    assert (await credentials.read_account_tokens(conn, **account, keyring=keyring)).access_token == "the-access-token"
    again = await tenantry("keys", "rewrap")
    assert "Every secret is sealed with new" in again.stderr
    monkeypatch.setenv("VAULT_KEYS", newer)
    assert decoded(await tenantry("keys", "rewrap", "--json"))["total"] == 0


async def test_show_local_prints_the_keys_of_bin_up(tenantry: Tenantry, elsewhere: Path) -> None:
    folder.LOCAL_FOLDER.mkdir()
    folder.write_env_file(folder.LOCAL_ENV_FILE, {"PUBLIC_URL": "http://127.0.0.1:8000"})
    folder.write_env_file(folder.DEMO_KEYS_FILE, {"API_KEY": "lp_live_one", "TEST_KEY": "lp_test_two"})
    assert decoded(await tenantry("keys", "show-local", "--json")) == {
        "api": "http://127.0.0.1:8000/v1", "apiKey": "lp_live_one", "testKey": "lp_test_two",
    }  # fmt: skip
    assert "lp_live_one" in (await tenantry("keys", "show-local")).stdout


async def test_show_local_without_keys_names_bin_up(tenantry: Tenantry, elsewhere: Path) -> None:
    assert "bin/up" in refused(await tenantry("keys", "show-local", "--json"), 5)["message"]
