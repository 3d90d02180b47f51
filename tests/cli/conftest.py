"""Fixtures that run the `tenantry` command in this process, on the test's database."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import pytest
from click.testing import CliRunner, Result

from cli.__main__ import tenantry as root
from schemas.settings import Settings
from tests.log_lines import write_logs
from tests.s3.storages import MediaStorage

OURS = ("TENANTRY_ORG", "TENANTRY_API", "TENANTRY_KEY")

Tenantry: TypeAlias = Callable[..., Awaitable[Result]]


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Empty current folder, and an environment without a database."""
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "REDIS_URL", "PEPPERS", "VAULT_KEYS", *OURS):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def environment(
    elsewhere: Path, settings: Settings, media_kept: MediaStorage, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    for name in ("database_url", "redis_url", "peppers", "vault_keys", *media_kept.settings):
        monkeypatch.setenv(name.upper(), getattr(settings, name))
    return settings


@pytest.fixture
def tenantry() -> Iterator[Tenantry]:
    """Run `await tenantry("jobs", "list")` in a thread, since a command runs its own event loop.

    `input` is its standard input. Log lines, of other threads too, stay out of its output, as in a process of its own.
    """
    write_logs(sys.__stderr__)
    yield lambda *words, **given: asyncio.to_thread(CliRunner().invoke, root, words, **given)
    write_logs()


def decoded(result: Result) -> Any:
    """Return the JSON document of a successful command."""
    assert result.exit_code == 0, result.output
    return msgspec.json.decode(result.stdout)


def refused(result: Result, exit_code: int) -> Any:
    """Return the error of a failed command with --json: on stderr, with an empty stdout."""
    assert result.exit_code == exit_code, result.output
    assert not result.stdout
    return msgspec.json.decode(result.stderr)["error"]
