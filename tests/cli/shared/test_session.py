"""Database of a command, and the advice without one."""

from pathlib import Path

import pytest

from cli.shared.session import read_command_environment
from schemas.settings import Settings
from tests.cli.conftest import Tenantry, decoded, refused

NOWHERE = "postgresql://operator:hunter2@127.0.0.1:1/tenantry"


def write_local(folder: Path, settings: Settings, **changed: str) -> None:
    """Write the file of `bin/up` for the other commands."""
    names = ("database_url", "redis_url", "peppers", "vault_keys")
    values = {name.upper(): getattr(settings, name) for name in names} | changed
    (folder / ".local").mkdir()
    (folder / ".local" / "env").write_text("".join(f"{name}={value}\n" for name, value in values.items()))


async def test_missing_settings_are_named(tenantry: Tenantry, elsewhere: Path) -> None:
    error = refused(await tenantry("migrate", "--json"), 5)
    assert error["code"] == "SETTINGS"
    assert all(word in error["message"] for word in ("DATABASE_URL", "PEPPERS", "VAULT_KEYS", "bin/up"))


async def test_the_settings_of_a_local_platform_are_found(
    tenantry: Tenantry, elsewhere: Path, settings: Settings
) -> None:
    write_local(elsewhere, settings)
    assert decoded(await tenantry("migrate", "--json")) == {"applied": []}


def test_the_environment_overrides_the_file(
    elsewhere: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_local(elsewhere, settings)
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    assert read_command_environment()["REDIS_URL"] == "redis://127.0.0.1:1/0"
    assert read_command_environment()["DATABASE_URL"] == settings.database_url


def test_the_keys_of_one_database_are_never_used_on_another(
    elsewhere: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_local(elsewhere, settings)
    monkeypatch.setenv("DATABASE_URL", NOWHERE)
    assert "PEPPERS" not in read_command_environment()


async def test_a_stopped_local_platform_is_reported(tenantry: Tenantry, elsewhere: Path, settings: Settings) -> None:
    write_local(elsewhere, settings, DATABASE_URL=NOWHERE)
    assert "is `bin/up` running?" in refused(await tenantry("migrate", "--json"), 5)["message"]


async def test_a_database_that_does_not_exist_is_an_unusable_server(
    tenantry: Tenantry, environment: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", environment.database_url + "_gone")
    assert refused(await tenantry("migrate", "--json"), 5)["code"] == "UNAVAILABLE"


#: Unusable URLs, each with a word of its report.
UNUSABLE = {
    NOWHERE: "127.0.0.1:1",
    "hunter2": "DATABASE_URL",
    "mysql://operator:hunter2@127.0.0.1/tenantry": "DATABASE_URL",
    "postgresql://operator:hunter2/x@127.0.0.1/tenantry": "DATABASE_URL",
    "postgresql://operator:hunter2@127.0.0.1:99999/tenantry": "DATABASE_URL",
    "postgresql://operator:hunter2@[::1/tenantry": "DATABASE_URL",
}


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("command", ["migrate", "doctor"])
async def test_an_unusable_url_is_reported_without_its_password(
    tenantry: Tenantry, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    for url, named in UNUSABLE.items():
        monkeypatch.setenv("DATABASE_URL", url)
        result = await tenantry(command)
        assert result.exit_code == 5, url
        assert named in result.output
        assert "Traceback" not in result.output
        assert "hunter2" not in result.output
