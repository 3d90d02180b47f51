"""Compressed responses: one layer is read within its limit, any other compression is refused."""

import gzip
import zlib

import pytest

from schemas.errors import FetchFailed, SourceTooLarge
from tests.workers.web import hostile
from tests.workers.web.web import fetch_answer, raw_response
from workers.web import inflate
from workers.web.fetch import FetchResponseLimits

LIMIT = 2 << 20


PLAIN = b"<p>hello"
BARE = zlib.compressobj(wbits=-15)


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        *((name, gzip.compress(PLAIN, mtime=0)) for name in ("gzip", "x-gzip", "GZIP")),
        *(("identity", PLAIN), ("deflate", zlib.compress(PLAIN))),
        ("deflate", BARE.compress(PLAIN) + BARE.flush()),
    ],
)
async def test_one_layer_is_inflated(encoding: str, packed: bytes) -> None:
    assert (await fetch_answer(raw_response(body=packed, content_encoding=encoding))).body == PLAIN


async def test_layers_in_two_headers_are_refused() -> None:
    answer = raw_response(body=gzip.compress(b"x"), content_encoding="gzip").replace(
        b"\r\n\r\n", b"\r\ncontent-encoding: gzip\r\n\r\n", 1
    )
    with pytest.raises(FetchFailed, match="encoding"):
        await fetch_answer(answer)


async def test_a_bomb_of_2_gib_is_too_large() -> None:
    bomb = hostile.bomb(2048)
    assert len(bomb) < LIMIT + (100 << 10)
    with pytest.raises(SourceTooLarge):
        await fetch_answer(raw_response(body=bomb[:LIMIT], content_encoding="gzip"))
    assert len(inflate.inflate_bytes_to_limit(bomb, LIMIT)) == LIMIT + 1


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip, br", "gzip, gzip, gzip"])
async def test_an_unrequested_encoding_is_refused(encoding: str) -> None:
    with pytest.raises(FetchFailed, match="encoding") as refused:
        await fetch_answer(raw_response(body=b"x", content_encoding=encoding))
    assert not refused.value.retryable


@pytest.mark.parametrize("body", [b"not gzip", gzip.compress(b"<p>" * 1000)[:40]], ids=["broken", "cut"])
async def test_broken_compression_is_a_failed_fetch(body: bytes) -> None:
    with pytest.raises(FetchFailed):
        await fetch_answer(raw_response(body=body, content_encoding="gzip"))


async def test_a_plain_page_may_have_2_mib_and_no_byte_more() -> None:
    assert len((await fetch_answer(raw_response(body=b"a" * LIMIT))).body) == LIMIT
    with pytest.raises(SourceTooLarge):
        await fetch_answer(raw_response(body=b"a" * (LIMIT + 1)))


async def test_a_body_may_be_cut_at_the_limit() -> None:
    want = FetchResponseLimits(accept="text/plain", limit=100, cut=True)
    assert (await fetch_answer(raw_response(body=b"a" * 300), want=want)).body == b"a" * 100
    packed = raw_response(body=gzip.compress(b"a" * 300), content_encoding="gzip")
    assert (await fetch_answer(packed, want=want)).body == b"a" * 100
