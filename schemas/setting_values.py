"""Types of settings: the formats of addresses and secrets."""

import base64
import binascii
import re
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

from msgspec import Meta

from schemas.errors import SettingsInvalid

#: A file URL without a host: absolute, or relative to the current folder.
MEDIA_DIR_URL_PATTERN = re.compile(r"file:(?:///)?[^/?#][^?#]*")

POSTGRES_URL_SCHEMES = ("postgresql", "postgres")

BUCKET_URL_SCHEME = "s3://"
#: A bucket name that is valid in a host name (no dots: certificates don't cover them), and a prefix of plain
#: names.
BUCKET_URL_PATTERN = re.compile(
    BUCKET_URL_SCHEME + r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9](?=.{0,500}$)(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*/?"
)

#: Bytes of each key of a keyring.
KEYRING_KEY_BYTES = 32

_KEYRING_FORMAT_TEXT = (
    f"Comma-separated `id:base64` of {KEYRING_KEY_BYTES}-byte keys: the first key writes, all keys read."
)

Peppers = Annotated[str, Meta(description=f"Keys for hashing API keys and idempotent requests. {_KEYRING_FORMAT_TEXT}")]
VaultKeys = Annotated[str, Meta(description=f"Keys for sealing secrets. {_KEYRING_FORMAT_TEXT}")]

RequestLogLevel = Annotated[
    Literal["debug", "info"],
    Meta(
        description="The log level of the line for each request. Answers of 500 or more are logged at "
        "`info` at least. `bin/up` sets `debug`."
    ),
]

#: A value that is valid in a header.
HeaderSafeSecret = Annotated[str, Meta(pattern="^[!-~]*$")]
#: A server's address, and one with an optional path prefix.
ServerOrigin = Annotated[str, Meta(pattern="^https?://[^/?#@]+$")]
ServerUrl = Annotated[str, Meta(pattern="^https?://[^/?#@]+(/[^?#]*)?$")]

#: ClickHouse's HTTP interface, with a user, a password and a database.
EventArchiveUrl = Annotated[
    str,
    Meta(
        pattern="^(https?://.+)?$",
        description="A ClickHouse database that gets each day of events after it is closed, and before it "
        "is dropped: `https://user:password@host:8443/name`; empty: no archive.",
    ),
]

DatabaseDiskBytes = Annotated[
    int,
    Meta(
        ge=0,
        description="Bytes that the server of `DATABASE_URL` may use on its disk, including its "
        "write-ahead log. From 80 % on events are refused by share, from 90 % all events, "
        "from 95 % uploads, posts never; 0: not watched.",
    ),
]
TelemetryDiskBytes = Annotated[
    int, Meta(ge=0, description="The same for the server of `TELEMETRY_URL`, if it is a different one.")
]

EventRetentionDays = Annotated[
    int,
    Meta(ge=8, le=36500, description="Days for which events are kept, by the day of occurrence; their counts stay."),
]

EventFolders = Annotated[
    int,
    Meta(ge=1, le=16, description="Connections of all dispatchers that add events to the counts; a core each at most."),
]

HealthPort = Annotated[
    int,
    Meta(ge=0, le=65535, description="Port of `/healthz` and `/metrics` of a worker or dispatcher; 0: any free port."),
]
MetricsPort = Annotated[
    int,
    Meta(
        ge=0,
        le=65535,
        description="Port of `/metrics` of the first API process; each further one has the next port. 0: a free port, "
        "which is logged, for this machine only. But the API's own port serves `/metrics` if only this machine reaches "
        "it, `PROXY_HOPS` is 0 and `PROCESSES` is 1.",
    ),
]

ApiProcesses = Annotated[
    int,
    Meta(
        ge=1,
        le=100,
        description="Processes that serve one `python -m api`; a core each. `POOL_SIZE`, `CONNECTIONS` and "
        "`CONNECTIONS_PER_ADDRESS` are for each of them.",
    ),
]

ConnectionsPerAddress = Annotated[
    int,
    Meta(
        ge=1,
        description="Connections of one address (IPv6: of one /64), at most a quarter of all. Ignored "
        "with `PROXY_HOPS`.",
    ),
]

HealthHost = Annotated[
    str,
    Meta(
        pattern="^[0-9A-Fa-f:.]+$",
        description="The address on which `HEALTH_PORT` and `METRICS_PORT` listen. `0.0.0.0` allows other "
        "machines: probes of an orchestrator, a remote Prometheus.",
    ),
]
AllowedHostNames = Annotated[
    str,
    Meta(
        pattern=r"^(\.?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(,(?=.)|$))*$",
        description="Allowed `Host` names of requests to any port, as `api.example.com,.internal`; a "
        "leading dot allows all subdomains. Always allowed: IP addresses, `localhost`, the "
        "host of `PUBLIC_URL`.",
    ),
]
TrustedProxyHops = Annotated[
    int,
    Meta(
        ge=0,
        le=10,
        description="Trusted proxies before the API that append callers to `X-Forwarded-For`; 0: the "
        "header is ignored.",
    ),
]

ConcurrentContentPieces = Annotated[
    int,
    Meta(
        ge=0,
        le=1000,
        description="Content items that one worker of the pool `generate` makes concurrently, each with a "
        "core and up to 0.9 GB; 0: as many as it has cores.",
    ),
]


def split_server_hosts(url: str) -> list[SplitResult]:
    """Return the hosts of a server's URL, each with its `port`: a URL of PostgreSQL may have several.

    Raise ValueError for a URL that can't be parsed.
    """
    scheme, _, hosts, _ = split_server_url(url)
    is_postgres = scheme.removesuffix("://") in POSTGRES_URL_SCHEMES
    return [urlsplit(f"//{host}") for host in (hosts.split(",") if is_postgres else [hosts])]


def split_server_url(url: str) -> tuple[str, str, str, str]:
    """Return the scheme with `://`, the login with `@` if any, the hosts, and the rest of a server's URL.

    `urlsplit` refuses several hosts of which a later one is an IPv6 address, since Python 3.11.12.
    """
    scheme, separator, rest = url.partition("://")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    login, at, hosts = authority.rpartition("@")
    return scheme + separator, login + at, hosts, rest[len(authority) :]


def is_parseable_server_url(url: str) -> bool:
    """Return whether a setting's URL can be parsed, and its port, if any, is from 1 to 65535. Nothing else is checked.

    A bad port is never shown: it may be a part of the password.
    """
    try:
        return all(host.port != 0 for host in split_server_hosts(url))
    except ValueError:
        return False


def parse_keyring_keys(text: str, *, setting: str) -> dict[str, bytes]:
    """Parse a keyring setting, `id:base64,id:base64`; return its keys by id, in their order.

    Raise `SettingsInvalid` with the setting, the number of the entry and its fault. The error has no value: the id
    of an entry may be a key without an id.
    """
    keys: dict[str, bytes] = {}
    for number, entry in enumerate(text.split(","), start=1):
        key_id, colon, encoded = entry.strip().partition(":")
        key = _base64_or_none(encoded)
        if not colon or not key_id:
            fault = "it has no id"
        elif key_id in keys:
            fault = "an earlier entry has its id"
        elif key is None:
            fault = "its key is not base64"
        elif len(key) != KEYRING_KEY_BYTES:
            fault = f"its key has {len(key)} bytes"
        else:
            keys[key_id] = key
            continue
        raise SettingsInvalid(
            f"{setting}: entry {number} must be id:base64, with a unique id and {KEYRING_KEY_BYTES} bytes: {fault}"
        )
    return keys


def _base64_or_none(encoded: str) -> bytes | None:
    """Return the bytes of a base64 text; None if it isn't base64."""
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
