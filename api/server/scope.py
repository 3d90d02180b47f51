"""The head of a request: its ASGI scope, and the same head without an upgrade."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

import httptools

#: Header fields that request another protocol.
UPGRADES = (b"upgrade", b"connection", b"http2-settings")


def describe(scope: Any, url: bytes, parser: httptools.HttpRequestParser) -> None:
    """Write method, version and target into the scope. Raises the parser's error if `url` has no path."""
    target, _, query = url.partition(b"?")
    if not target.startswith(b"/"):
        target = httptools.parse_url(target).path or b"/"
    path = target.decode("ascii")
    scope["method"] = parser.get_method().decode("ascii")
    scope["http_version"] = parser.get_http_version()
    scope["path"] = unquote(path) if "%" in path else path
    scope["raw_path"] = target
    scope["query_string"] = query.partition(b"#")[0]


def without_upgrade(
    parser: httptools.HttpRequestParser, url: bytes, headers: Sequence[tuple[bytes, bytes]]
) -> bytes:
    """Return the head of the same request without the fields that request another protocol."""
    lines = [b"%b %b HTTP/1.1" % (parser.get_method(), url)]
    lines += [b"%b: %b" % (name, value) for name, value in headers if name not in UPGRADES]
    return b"\r\n".join([*lines, b"", b""])
