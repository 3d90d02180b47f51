"""Values of settings: the forms that addresses and secrets have."""

import base64
import binascii
import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta

from schemas.errors import SettingsInvalid

#: A file URL without a host: absolute, or relative to the current folder.
FOLDER = re.compile(r"file:(?:///)?[^/?#][^?#]*")

BUCKET = "s3://"
#: A bucket whose name fits a host's (no dots: certificates don't cover them), and a prefix of plain names.
BUCKET_ADDRESS = re.compile(
    BUCKET + r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9](?=.{0,500}$)(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*/?"
)

#: Bytes of each key of a keyring.
KEY_BYTES = 32

_KEYRING = f"Comma-separated `id:base64` of {KEY_BYTES}-byte keys: the first one writes, all of them read."

Peppers = Annotated[
    str,
    Meta(description=f"What the hashes of API keys and of repeatable requests are made with. {_KEYRING}"),
]
VaultKeys = Annotated[str, Meta(description=f"What secrets are sealed with. {_KEYRING}")]

RequestLogLevel = Annotated[
    Literal["debug", "info"],
    Meta(
        description="The level of the line that each answered request logs. An answer of 500 or more is "
        "logged at `info` at least. `bin/up` sets `debug`."
    ),
]

#: A value that fits a header.
Secret = Annotated[str, Meta(pattern="^[!-~]*$")]
#: A server's address, and one under which its API may begin with a path.
Origin = Annotated[str, Meta(pattern="^https?://[^/?#@]+$")]
Url = Annotated[str, Meta(pattern="^https?://[^/?#@]+(/[^?#]*)?$")]

#: ClickHouse's HTTP interface, with a user, a password and a database.
ArchiveUrl = Annotated[
    str,
    Meta(
        pattern="^(https?://.+)?$",
        description="A ClickHouse database that gets each day of events once it is closed, and before it is "
        "dropped: `https://user:password@host:8443/name`; none: there is no archive.",
    ),
]

DatabaseDisk = Annotated[
    int,
    Meta(
        ge=0,
        description="Bytes that the server of `DATABASE_URL` may take on its disk, its write-ahead log "
        "included. From 80 % on events are refused by share, from 90 % all of them, from 95 % uploads, posts "
        "never; 0: nothing is watched.",
    ),
]
TelemetryDisk = Annotated[
    int,
    Meta(ge=0, description="The same of the server of `TELEMETRY_URL`, where that is another one."),
]

EventDays = Annotated[
    int,
    Meta(
        ge=8,
        le=36500,
        description="Days for which events are kept, by the day in which they occurred; their counts stay.",
    ),
]

HealthPort = Annotated[
    int,
    Meta(ge=0, le=65535, description="Of `/healthz` and `/metrics` of a worker or dispatcher; 0 takes any."),
]
MetricsPort = Annotated[
    int,
    Meta(
        ge=0,
        le=65535,
        description="Of `/metrics` of an API process. 0: beside `/v1` where only this machine can call and "
        "`PROXY_HOPS` is 0; else on a free port, which the log names, for this machine alone.",
    ),
]

ConnectionsPerAddress = Annotated[
    int,
    Meta(
        ge=1,
        description="Those of one address (IPv6: of one /64), a quarter of all at most. "
        "With `PROXY_HOPS` none counts.",
    ),
]

HealthHost = Annotated[
    str,
    Meta(
        pattern="^[0-9A-Fa-f:.]+$",
        description="The address on which `HEALTH_PORT` and `METRICS_PORT` listen. `0.0.0.0` lets other "
        "machines ask: probes of an orchestrator, a Prometheus elsewhere.",
    ),
]
AllowedHostNames = Annotated[
    str,
    Meta(
        pattern=r"^(\.?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(,(?=.)|$))*$",
        description="Names in `Host` that requests to any port may have, as `api.example.com,.internal`; "
        "with a leading dot all that end so. Always allowed: IP addresses, `localhost`, "
        "the host of `PUBLIC_URL`.",
    ),
]
ProxyHops = Annotated[
    int,
    Meta(
        ge=0,
        le=10,
        description="Trusted proxies before the API, whose `X-Forwarded-For` names callers; "
        "0: the header is ignored.",
    ),
]

Pieces = Annotated[
    int,
    Meta(
        ge=0,
        le=1000,
        description="Pieces of content that one worker of the pool `generate` makes at once, "
        "a core and up to 0.9 GB each; 0: as many as it has cores.",
    ),
]


def is_address(url: str) -> bool:
    """True if a URL has a usable port, or none. A bad one is never shown: it may be part of the password."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def read_keys(text: str, *, setting: str) -> dict[str, bytes]:
    """Reads a keyring, `id:base64,id:base64`. The order of the text stays.

    Raises `SettingsInvalid`, which names the setting, the entry by its number and its fault, and no value:
    a key that came without an id stands where the id is looked for.
    """
    keys: dict[str, bytes] = {}
    for number, entry in enumerate(text.split(","), start=1):
        key_id, colon, encoded = entry.strip().partition(":")
        key = _decoded(encoded)
        if not colon or not key_id:
            fault = "it has no id"
        elif key_id in keys:
            fault = "an earlier entry has its id"
        elif key is None:
            fault = "its key is no base64"
        elif len(key) != KEY_BYTES:
            fault = f"its key has {len(key)} bytes"
        else:
            keys[key_id] = key
            continue
        raise SettingsInvalid(
            f"{setting}: entry {number} isn't id:base64, with an id of its own and {KEY_BYTES} bytes: {fault}"
        )
    return keys


def _decoded(encoded: str) -> bytes | None:
    """The bytes; None for what is no base64."""
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
