"""Hostile responses, each small on the wire."""

import gzip
import zlib
from functools import cache

from tests.workers.web.web import raw_response

JSONLD = b'<script type="application/ld+json">{"@type":"WebSite","name":"A"}</script>'


@cache
def bomb(mib: int) -> bytes:
    """Build gzip's header with the same 16 MiB of zeros repeated."""
    squeeze = zlib.compressobj(9, wbits=-15)
    block = squeeze.compress(bytes(16 << 20)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + block * (mib // 16)


@cache
def layers() -> bytes:
    """Build some 300 bytes that inflate to 4 GiB of zeros under three layers of gzip."""
    return gzip.compress(gzip.compress(bomb(4096)))


def answers() -> dict[str, bytes]:
    return {
        "/nested": raw_response(body=b"<title>A</title>" + b"<div>" * 200_000),
        "/jsonld": raw_response(body=b"<title>A</title>" + JSONLD * 10_000),
        "/layers": raw_response(body=layers(), content_encoding="gzip, gzip, gzip"),
        "/bomb": raw_response(body=bomb(2048)[: 2 << 20], content_encoding="gzip"),
        "/wide": raw_response(body=b"<b>x" * 520_000),
        "/attributes": raw_response(
            body=b"<title>A</title><p " + b" ".join(b"a%d=1" % n for n in range(180_000)) + b">A"
        ),
        "/links": raw_response(body=b"<a href=/x>x</a>" * 120_000),
    }
