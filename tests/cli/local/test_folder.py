"""Folder `.local/` of `up`."""

from pathlib import Path

import pytest

from cli.local import folder
from cli.local.folder import LOCAL
from domain.security.keyring import parse_keyring

URLS = folder.Servers("postgresql://postgres@127.0.0.1/postgres", "redis://127.0.0.1/0", {})


@pytest.fixture(autouse=True)
def made(elsewhere: Path) -> None:
    folder.FOLDER.mkdir()


def test_keyrings_are_created_once_and_valid() -> None:
    first = folder.settings(URLS, "http://127.0.0.1:1")
    second = folder.settings(URLS, "http://127.0.0.1:2")
    assert first["PEPPERS"] != first["VAULT_KEYS"]
    assert {**first, "PUBLIC_URL": "http://127.0.0.1:2"} == second == folder.read(LOCAL)
    assert parse_keyring(first["PEPPERS"], setting="PEPPERS").writer == "local"


def test_the_environments_keyrings_win(monkeypatch: pytest.MonkeyPatch) -> None:
    folder.settings(URLS, "http://127.0.0.1:1")
    monkeypatch.setenv("PEPPERS", "theirs:key")
    assert folder.settings(URLS, "http://127.0.0.1:1")["PEPPERS"] == "theirs:key"


def test_files_get_mode_0600_over_any_leftover() -> None:
    """Ignore an older file's mode, and files placed or opened by another user."""
    folder.FOLDER.chmod(0o777)
    stranger = Path("stranger")
    stranger.touch()
    for file in (folder.LOCAL, folder.DEMO):
        file.touch(mode=0o644)
        file.with_suffix(".new").symlink_to(stranger.absolute())
        folder.write(file, {"API_KEY": "lp_live_x"})
        assert (file.is_symlink(), file.stat().st_mode & 0o777) == (False, 0o600)
        assert folder.read(file) == {"API_KEY": "lp_live_x"}
        file.with_suffix(".new").touch(mode=0o644)
        folder.write(file, {"API_KEY": "lp_live_y"})
        assert file.stat().st_mode & 0o777 == 0o600
    assert stranger.read_text() == ""


def test_the_environments_servers_replace_the_embedded_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", URLS.database_url)
    monkeypatch.setenv("REDIS_URL", URLS.redis_url)
    with folder.servers() as urls:
        assert urls == URLS
