"""Folder `.local/` of `up`."""

from pathlib import Path

import pytest

from cli.local import folder
from cli.local.folder import LOCAL_ENV_FILE
from domain.security.keyring import parse_keyring

URLS = folder.DatabaseUrlsAndEmbeddedServers("postgresql://postgres@127.0.0.1/postgres", "redis://127.0.0.1/0", {})


@pytest.fixture(autouse=True)
def made(elsewhere: Path) -> None:
    folder.LOCAL_FOLDER.mkdir()


def test_keyrings_are_created_once_and_valid() -> None:
    first = folder.write_local_settings(URLS, "http://127.0.0.1:1")
    second = folder.write_local_settings(URLS, "http://127.0.0.1:2")
    assert first["PEPPERS"] != first["VAULT_KEYS"]
    assert {**first, "PUBLIC_URL": "http://127.0.0.1:2"} == second == folder.read_env_file(LOCAL_ENV_FILE)
    assert parse_keyring(first["PEPPERS"], setting="PEPPERS").writer == "local"


def test_the_environments_keyrings_win(monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write_local_settings(URLS, "http://127.0.0.1:1")
    monkeypatch.setenv("PEPPERS", "theirs:key")
    assert folder.write_local_settings(URLS, "http://127.0.0.1:1")["PEPPERS"] == "theirs:key"


def test_files_get_mode_0600_over_any_leftover() -> None:
    """Ignore an older file's mode, and files placed or opened by another user."""
    folder.LOCAL_FOLDER.chmod(0o777)
    stranger = Path("stranger")
    stranger.touch()
    for file in (folder.LOCAL_ENV_FILE, folder.DEMO_KEYS_FILE):
        file.touch(mode=0o644)
        file.with_suffix(".new").symlink_to(stranger.absolute())
        folder.write_env_file(file, {"API_KEY": "lp_live_x"})
        assert (file.is_symlink(), file.stat().st_mode & 0o777) == (False, 0o600)
        assert folder.read_env_file(file) == {"API_KEY": "lp_live_x"}
        file.with_suffix(".new").touch(mode=0o644)
        folder.write_env_file(file, {"API_KEY": "lp_live_y"})
        assert file.stat().st_mode & 0o777 == 0o600
    assert stranger.read_text() == ""


def test_the_environments_servers_replace_the_embedded_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", URLS.database_url)
    monkeypatch.setenv("REDIS_URL", URLS.redis_url)
    with folder.run_database_servers() as urls:
        assert urls == URLS
