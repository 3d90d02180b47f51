"""Mutations of a page's bytes: cut, noisy, in another encoding than declared."""

from random import Random

from tests.workers.ingest.mutants import words
from tests.workers.ingest.mutants.tags import TAG, Mutation, gap_after_tag, splice
from tests.workers.ingest.mutants.words import encoded


def cut_short(body: bytes, chance: Random) -> bytes:
    return body[: chance.randrange(len(body) + 1)]


def cut_off(body: bytes, chance: Random) -> bytes:
    return body[chance.randrange(len(body) + 1) :]


def make_noise(body: bytes, chance: Random) -> bytes:
    noisy = bytearray(body)
    for _ in range(chance.choice((1, 20, 500)) if noisy else 0):
        noisy[chance.randrange(len(noisy))] = chance.randrange(256)
    return bytes(noisy)


def add_bytes(body: bytes, chance: Random) -> bytes:
    odd = (
        *(b"\0", b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", b"\x1b$B", b"<!--", b"<![CDATA[", b"<?php ", b"\r"),
        b"<!DOCTYPE",
    )
    return splice(body, gap_after_tag(body, chance), chance.choice(odd) * chance.choice((1, 3, 10_000)))


def mark_order(body: bytes, chance: Random) -> bytes:
    return chance.choice((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"+/v8-")) + body


def encode_otherwise(body: bytes, chance: Random) -> bytes:
    """Encode the page differently, without changing its declaration."""
    names = (
        *("utf-16", "utf-16-be", "utf-32", "shift_jis", "koi8-r", "gb18030", "iso2022_jp", "cp037", "utf-7"),
        "latin-1",
    )
    return body.decode("utf-8", "replace").encode(chance.choice(names), "xmlcharrefreplace")


def declare_charset(body: bytes, chance: Random) -> bytes:
    charset = encoded(chance.choice(words.CHARSETS))
    return chance.choice((b"<meta charset='%s'>%s", b"<?xml version='1.0' encoding='%s'?>%s")) % (
        charset,
        body,
    )


def empty(body: bytes, chance: Random) -> bytes:
    """Keep only tags, or only texts, of the page."""
    return chance.choice((b"".join(TAG.findall(body)), TAG.sub(b" ", body), b""))


MUTATIONS: tuple[Mutation, ...] = (
    *(cut_short, cut_off, make_noise, add_bytes, mark_order, encode_otherwise, declare_charset, empty),
)
