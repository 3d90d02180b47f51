"""Messages of `up`: laps on stderr while it starts, then on stdout the addresses and keys."""

import os
import time

import click
import msgspec

CURL = """\
curl -sS {api}/v1/projects \\
  -H 'Authorization: Bearer {key}' \\
  -H 'Content-Type: application/json' \\
  -d '{{"name": "Acme", "timezone": "Europe/Berlin"}}'"""

READY = """
  API      {api}/v1
  Docs     {docs}
  Console  {console}
  Key      {key}
  Sandbox  {test_key}

{curl}

For the examples in the docs:
export API={api}/v1 KEY={key}

Ctrl-C ends it all. `.venv/bin/tenantry keys show-local` and `kill -USR1 {pid}` show the keys again.
"""


class Ready(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The line of --json. `api` is the root of the API's host: paths such as `/v1/projects` follow it."""

    ready: bool = True
    api: str
    api_key: str
    test_key: str
    docs: str
    console: str
    database_url: str
    redis_url: str

    def curl(self) -> str:
        """A command that works when pasted into a shell."""
        return CURL.format(api=self.api, key=self.api_key)


class Laps:
    """Prints each step behind the seconds since the first."""

    def __init__(self) -> None:
        self.began = time.monotonic()

    def __call__(self, text: str) -> None:
        click.echo(f"{time.monotonic() - self.began:6.1f} s  {text}", err=True)


def remind(ready: Ready) -> None:
    """On stderr, where logs or the demo have scrolled the keys away."""
    click.echo(
        f"\n  API      {ready.api}/v1\n  Key      {ready.api_key}\n  Sandbox  {ready.test_key}", err=True
    )


def announce(ready: Ready, *, as_json: bool) -> None:
    """On stdout, which holds nothing else."""
    if as_json:
        click.echo(msgspec.json.encode(ready))
    else:
        shown = {"api": ready.api, "docs": ready.docs, "console": ready.console, "key": ready.api_key}
        shown |= {"test_key": ready.test_key}
        click.echo(READY.format(**shown, curl=ready.curl(), pid=os.getpid()))
