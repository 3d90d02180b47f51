"""Mutations of a page's tags and bytes. Each function takes a page's bytes and returns changed bytes."""

import re
from collections.abc import Callable
from random import Random

from tests.workers.ingest.mutants import words
from tests.workers.ingest.mutants.words import encoded

Mutation = Callable[[bytes, Random], bytes]

TAG = re.compile(rb"<[^<>]{1,2000}>")
NAME = re.compile(rb"<(/?)([a-z][a-z0-9]*)", re.IGNORECASE)

NESTED = (
    *"div b form svg template noscript font h1 nav p button math footer article video object style".split(),
    *"script title textarea iframe frameset plaintext head body".split(),
    *("a href=/about", "table><tr><td", "ul><li", "ruby><rt", "select><option", "html lang=de"),
)
ATTRIBUTES = """class id href content alt style title data-x srcset src property name rel hidden role lang
    onclick aria-hidden itemprop sizes hreflang type""".split()


def splice(body: bytes, span: tuple[int, int], new: bytes) -> bytes:
    return body[: span[0]] + new + body[span[1] :]


def find_spot(pattern: re.Pattern[bytes], body: bytes, chance: Random) -> re.Match[bytes] | None:
    """Find a place of the pattern: one of its first hundred, or the next after any byte."""
    if chance.random() < 0.5:
        matches = [match for match, _ in zip(pattern.finditer(body), range(100), strict=False)]
        return chance.choice(matches) if matches else None
    return pattern.search(body, chance.randrange(len(body) + 1))


def gap_after_tag(body: bytes, chance: Random) -> tuple[int, int]:
    """Return a place after a tag; in a page without tags, any place."""
    tag = find_spot(TAG, body, chance)
    at = tag.end() if tag else chance.randrange(len(body) + 1)
    return at, at


def replace_spot(pattern: re.Pattern[bytes], body: bytes, new: bytes, chance: Random) -> bytes:
    """Replace the text in one of the pattern's places."""
    match = find_spot(pattern, body, chance)
    return splice(body, match.span(match.lastindex or 0), new) if match else body


def double_tags(body: bytes, chance: Random) -> bytes:
    tag = find_spot(TAG, body, chance)
    return splice(body, tag.span(), tag[0] * chance.choice((2, 20, 1_000, 20_000))) if tag else body


def double_part(body: bytes, chance: Random) -> bytes:
    start, end = sorted(gap_after_tag(body, chance)[0] for _ in range(2))
    return splice(body, (end, end), body[start : min(end, start + 50_000)] * chance.choice((1, 3, 50)))


def nest(body: bytes, chance: Random) -> bytes:
    name = chance.choice(NESTED)
    return splice(body, gap_after_tag(body, chance), b"<%s>" % name.encode() * chance.choice((600, 10_000, 100_000)))


def nest_and_close(body: bytes, chance: Random) -> bytes:
    name = chance.choice(NESTED).partition(" ")[0].partition(">")[0].encode()
    inner = chance.choice((b"x", b"<br>" * 20_000, b"<a href=/x>x</a>" * 5_000))
    return splice(body, gap_after_tag(body, chance), b"<%s>" % name * 10_000 + inner + b"</%s>" % name * 10_000)


def close_at_random(body: bytes, chance: Random) -> bytes:
    name = chance.choice(NESTED).partition(" ")[0].partition(">")[0].encode()
    return splice(body, gap_after_tag(body, chance), b"</%s>" % name * chance.choice((1, 5, 10_000)))


def drop_tag(body: bytes, chance: Random) -> bytes:
    return replace_spot(TAG, body, b"", chance)


def rename_tags(body: bytes, chance: Random) -> bytes:
    """Rename all tags of one name."""
    match = find_spot(NAME, body, chance)
    if match is None:
        return body
    new = chance.choice(NESTED).partition(" ")[0].partition(">")[0].encode()
    return re.sub(rb"(</?)" + match[2] + rb"(?=[\s>/])", rb"\1" + new, body)


def large_attribute(body: bytes, chance: Random) -> bytes:
    tag = find_spot(TAG, body, chance)
    unit = chance.choice((b"x", b"x ", b"cookie ", b"logo-", b"a=b;", b"&amp;", b"\xf0\x9f\x98\x80", b"--", b"1,"))
    value = unit * ((1 << 20) // len(unit))
    attribute = b' %s="%s"' % (chance.choice(ATTRIBUTES).encode(), value)
    return splice(body, (tag.end() - 1, tag.end() - 1), attribute) if tag else body


def many_attributes(body: bytes, chance: Random) -> bytes:
    tag = find_spot(TAG, body, chance)
    attributes = b"".join(b" a%d=1" % number for number in range(chance.choice((50, 50_000))))
    return splice(body, (tag.end() - 1, tag.end() - 1), attributes) if tag else body


def odd_attribute(body: bytes, chance: Random) -> bytes:
    tag = find_spot(TAG, body, chance)
    attribute = b' %s="%s"' % (chance.choice(ATTRIBUTES).encode(), encoded(words.text(chance)))
    return splice(body, (tag.end() - 1, tag.end() - 1), attribute) if tag else body


TAG_MUTATIONS: tuple[Mutation, ...] = (
    *(double_tags, double_part, nest, nest_and_close, close_at_random, drop_tag, rename_tags),
    *(large_attribute, many_attributes, odd_attribute),
)


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
    return chance.choice((b"<meta charset='%s'>%s", b"<?xml version='1.0' encoding='%s'?>%s")) % (charset, body)


def empty(body: bytes, chance: Random) -> bytes:
    """Keep only tags, or only texts, of the page."""
    return chance.choice((b"".join(TAG.findall(body)), TAG.sub(b" ", body), b""))


BYTE_MUTATIONS: tuple[Mutation, ...] = (
    *(cut_short, cut_off, make_noise, add_bytes, mark_order, encode_otherwise, declare_charset, empty),
)
