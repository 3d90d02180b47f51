"""Packing of the web module: what is served of its source, with the tools that there are at run time."""

import re
from collections import Counter
from collections.abc import Iterator
from string import ascii_letters

_COMMENT = re.compile(r"^\s*//.*\n", re.MULTILINE)
#: A text, which stays as it is, or a sign with the space around it.
_TEXT_OR_SIGN = re.compile(r"('[^'\n]*')|\s*([^\w\s$])\s*")
_LAST_SIGN = re.compile(r"[;,]+(?=[}\]])")
_ONE_PARAMETER = re.compile(r"(?<!\w)\((\w+)\)(?==>)")
_OURS = re.compile(r"\b_\w+")


def pack(source: str) -> str:
    """The same program without comments and spaces, with short names in place of those that begin with `_`.

    A comment has a line of its own, each statement ends with a semicolon, texts stand in single quotes, and
    no text or pattern has a word that begins with `_` or a space beside a sign that matters.
    """
    bare = _TEXT_OR_SIGN.sub(lambda found: found[1] or found[2], _COMMENT.sub("", source)).strip()
    bare = _ONE_PARAMETER.sub(r"\1", _LAST_SIGN.sub("", bare))
    names = dict(zip(_by_frequency(_OURS.findall(bare)), _short(), strict=False))
    return _OURS.sub(lambda found: names[found[0]], bare)


def _by_frequency(names: list[str]) -> list[str]:
    return [name for name, _ in Counter(names).most_common()]


def _short() -> Iterator[str]:
    """Names of one letter, then of two signs; none of them is a word of the language."""
    yield from ascii_letters
    yield from (f"${letter}" for letter in ascii_letters)
