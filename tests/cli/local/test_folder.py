"""The folder `.local/` of `up`."""

from pathlib import Path

import pytest

from cli.local import folder
from cli.local.folder import LOCAL
from domain.security.keyring import parse_keyring

URLS = folder.Servers("postgresql://postgres@127.0.0.1/postgres", "redis://127.0.0.1/0", {})


@pytest.fixture(autouse=True)
def made(elsewhere: Path) -> None:
    folder.FOLDER.mkdir()


def test_secrets_are_made_once_and_good() -> None:
    first = folder.settings(URLS, "http://127.0.0.1:1")
    second = folder.settings(URLS, "http://127.0.0.1:2")
    assert first["PEPPERS"] != first["VAULT_KEYS"]
    assert {**first, "PUBLIC_URL": "http://127.0.0.1:2"} == second == folder.read(LOCAL)
    assert parse_keyring(first["PEPPERS"], setting="PEPPERS").writer == "local"


def test_secrets_of_the_environment_win(monkeypatch: pytest.MonkeyPatch) -> None:
    folder.settings(URLS, "http://127.0.0.1:1")
    monkeypatch.setenv("PEPPERS", "theirs:key")
    assert folder.settings(URLS, "http://127.0.0.1:1")["PEPPERS"] == "theirs:key"


def test_servers_of_the_environment_replace_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", URLS.database_url)
    monkeypatch.setenv("REDIS_URL", URLS.redis_url)
    with folder.servers() as urls:
        assert urls == URLS
