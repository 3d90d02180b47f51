"""Folder `.local/` of `up`: the servers' data, logs, and in `env` the settings of its processes.

`env` contains secrets, so only its owner can read it. It outlives a run: its keyrings hashed and sealed
the data.
"""

import base64
import contextlib
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from db import local
from db.server import LocalServer, StartReporter
from schemas.errors import LocalServerUnavailable

LOCAL_FOLDER = Path(".local")
LOCAL_ENV_FILE = LOCAL_FOLDER / "env"
LOCAL_MEDIA_FOLDER = LOCAL_FOLDER / "assets"
#: The keys of the organization "Demo", see `cli.local.demo_keys`.
DEMO_KEYS_FILE = LOCAL_FOLDER / "demo"


class DatabaseUrlsAndEmbeddedServers(NamedTuple):
    """Addresses of Postgres and Redis, and the embedded servers by name."""

    database_url: str
    redis_url: str
    embedded: Mapping[str, LocalServer]


@contextlib.contextmanager
def run_database_servers(report: StartReporter | None = None) -> Iterator[DatabaseUrlsAndEmbeddedServers]:
    """Run PostgreSQL and Valkey for the block, unless DATABASE_URL or REDIS_URL names a running server.

    Yield the addresses of both, and the embedded servers. Raise `LocalServerUnavailable` if one can't run.
    """
    embedded = {}
    local.create_private_folder(LOCAL_FOLDER)
    with contextlib.ExitStack() as stack:
        if not (database_url := os.environ.get("DATABASE_URL")):
            embedded["postgres"] = stack.enter_context(
                local.run_local_postgres(LOCAL_FOLDER / "postgres", report=report)
            )
            database_url = embedded["postgres"].url
        if not (redis_url := os.environ.get("REDIS_URL")):
            embedded["valkey"] = stack.enter_context(local.run_local_valkey(LOCAL_FOLDER / "valkey", report=report))
            redis_url = embedded["valkey"].url
        yield DatabaseUrlsAndEmbeddedServers(database_url, redis_url, embedded)


def write_local_settings(urls: DatabaseUrlsAndEmbeddedServers, public_url: str) -> dict[str, str]:
    """Return the settings of this `up`, and write them to `.local/env`; keep earlier keyrings, or generate new ones."""
    environment = {**read_env_file(LOCAL_ENV_FILE), **os.environ}
    chosen = {
        "DATABASE_URL": urls.database_url,
        "TELEMETRY_URL": os.environ.get("TELEMETRY_URL", ""),
        "REDIS_URL": urls.redis_url,
        "PEPPERS": environment.get("PEPPERS") or _generate_keyring_setting(),
        "VAULT_KEYS": environment.get("VAULT_KEYS") or _generate_keyring_setting(),
        "PUBLIC_URL": public_url,
        "ASSETS_URL": os.environ.get("ASSETS_URL") or _make_local_media_folder(),
        "REQUEST_LOG_LEVEL": os.environ.get("REQUEST_LOG_LEVEL", "debug"),
    }
    write_env_file(LOCAL_ENV_FILE, chosen)
    return chosen


def read_env_file(file: Path) -> dict[str, str]:
    """Return a file's NAME=value lines; none if missing. Raise `LocalServerUnavailable` if it can't be read."""
    try:
        lines = file.read_text("utf-8").splitlines() if file.exists() else []
    except OSError as error:
        raise LocalServerUnavailable(
            f"{file.absolute()} can't be read ({error.strerror}): {local.OWN_FOLDER_ADVICE}"
        ) from error
    return dict(line.split("=", 1) for line in lines if "=" in line)


def write_env_file(file: Path, values: Mapping[str, str]) -> None:
    """Write `values` as NAME=value lines into a file, atomically and with mode 0600."""
    new_file = file.with_suffix(".new")
    new_file.unlink(missing_ok=True)
    with os.fdopen(os.open(new_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as lines:
        lines.writelines(f"{name}={value}\n" for name, value in values.items())
    new_file.replace(file)


def _make_local_media_folder() -> str:
    """Create the folder of media in `.local/`, and return its `file:` address."""
    local.create_private_folder(LOCAL_MEDIA_FOLDER)
    return LOCAL_MEDIA_FOLDER.absolute().as_uri()


def _generate_keyring_setting() -> str:
    """Return a keyring with one new random key as the text of a setting: `local:` and 32 bytes in base64."""
    return f"local:{base64.b64encode(secrets.token_bytes(32)).decode()}"
