"""Messages of `up`: progress on stderr during the start, then addresses and keys on stdout."""

import os
import time

import click
import msgspec

PLATFORM_READY_MESSAGE = """
  API      {api}/v1
  Docs     {docs}
  Console  {console}
  Key      {api_key}
  Sandbox  {test_key}

curl -sS {api}/v1/projects \\
  -H 'Authorization: Bearer {api_key}' \\
  -H 'Content-Type: application/json' \\
  -d '{{"name": "Acme", "timezone": "Europe/Berlin"}}'

For the examples in the docs:
export API={api}/v1 KEY={api_key}

Ctrl-C ends everything. `.venv/bin/tenantry keys show-local` and `kill -USR1 {pid}` print the keys again.
"""


class PlatformReadyAnnouncement(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Output of --json. `api` is the root of the API's host: paths such as `/v1/projects` follow it."""

    ready: bool = True
    api: str
    api_key: str
    test_key: str
    docs: str
    console: str
    database_url: str
    redis_url: str


class ElapsedTimeStepPrinter:
    """Prints each step on stderr, with the seconds since this object was created."""

    def __init__(self) -> None:
        self.began = time.monotonic()

    def __call__(self, text: str) -> None:
        click.echo(f"{time.monotonic() - self.began:6.1f} s  {text}", err=True)


def print_api_keys_again(ready: PlatformReadyAnnouncement) -> None:
    """Print the API's address and the demo's two API keys on stderr again, below logs or the demo."""
    click.echo(f"\n  API      {ready.api}/v1\n  Key      {ready.api_key}\n  Sandbox  {ready.test_key}", err=True)


def announce_platform_ready(ready: PlatformReadyAnnouncement, *, as_json: bool) -> None:
    """Print the platform's addresses and keys on stdout, with first commands; with `as_json`, one line of JSON."""
    if as_json:
        click.echo(msgspec.json.encode(ready))
    else:
        click.echo(PLATFORM_READY_MESSAGE.format(**msgspec.structs.asdict(ready), pid=os.getpid()))
