"""`python -m db.migrate`, as a release runs it."""

import os
import subprocess
import sys

import msgspec
import pytest

from db.migrate import EVENTS, MAIN, Schema, known
from db.pool import Conn
from db.starting import UNUSABLE
from schemas.settings import Settings

SCHEMAS = (MAIN, EVENTS)
EVERY = [each.name for schema in SCHEMAS for each in known(schema)]


def migrate(settings: Settings, **changed: str) -> subprocess.CompletedProcess[str]:
    given = {name.upper(): str(value) for name, value in msgspec.structs.asdict(settings).items()}
    return subprocess.run(
        [sys.executable, "-m", "db.migrate"],
        env=os.environ | given | changed, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.folder)
def test_migrations_are_numbered_one_by_one(schema: Schema) -> None:
    """Two of one number would have the order of their words."""
    numbers = [int(each.name[:4]) for each in known(schema)]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize(
    "bad",
    [
        {"DATABASE_URL": "nonsense"},
        {"DATABASE_URL": "postgresql://me:a/b@localhost/x"},
        {"POOL_SIZE": "many"},
    ],
)
async def test_a_bad_setting_is_named_in_one_line(settings: Settings, bad: dict[str, str]) -> None:
    ended = migrate(settings, **bad)
    assert (ended.returncode, ended.stdout) == (2, "")
    [line] = ended.stderr.splitlines()
    assert next(iter(bad)) in line


async def test_a_database_that_is_not_there_is_told_in_one_line(settings: Settings) -> None:
    for url in (f"{settings.database_url}x", "postgresql://127.0.0.1:1/x"):
        ended = migrate(settings, DATABASE_URL=url)
        assert (ended.returncode, ended.stdout) == (1, "")
        [line] = ended.stderr.splitlines()
        assert line.startswith(f"{UNUSABLE}: ")


async def test_an_edited_migration_is_named_in_one_line(settings: Settings, conn: Conn) -> None:
    await conn.execute("update migration set checksum = 'x' where name = $1", known(MAIN)[0].name)
    ended = migrate(settings)
    assert (ended.returncode, ended.stdout) == (1, "")
    [line] = ended.stderr.splitlines()
    assert line.startswith(known(MAIN)[0].name)


async def test_it_names_what_it_applies(settings: Settings, conn: Conn) -> None:
    assert migrate(settings).stdout == "nothing to apply\n"
    await conn.execute("drop schema public cascade; create schema public")
    assert migrate(settings).stdout == "".join(f"applied {name}\n" for name in EVERY)
