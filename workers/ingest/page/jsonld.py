"""Tolerant JSON-LD reader: comments, trailing commas, raw line breaks, entities, lists of graphs."""

import html
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

BLOCKS, BLOCK_SIZE, DEPTH, NODES = 20, 512 << 10, 8, 200
CDATA = "<![CDATA["
START = re.compile(r"[\[{]")
#: A string, which is kept; outside of strings a comma or a colon without a value after it.
STRAY = re.compile(r'"(?:[^"\\]|\\.)*+"?|[,:]\s*(?=[,}\]])', re.DOTALL)
LINE_COMMENT = re.compile(r"^[ \t]*//.*$", re.MULTILINE)
#: Beginning of a node's address, which is no name.
REFERENCE = re.compile(r"\w+:(?=\S)|[#/_]")
ESCAPE = re.compile(r"\\(?:([\"\\/bfnrtu])|(.))", re.DOTALL)

#: Not strict, since real blocks have raw line breaks in their strings.
DECODER = json.JSONDecoder(strict=False)

#: Replacements, by the first character of the match; a string stays as it is.
MENDS = {",": "", ":": ":null"}

Node = dict[str, Any]


def nodes(blocks: Iterable[str]) -> list[Node]:
    """Return nodes of all blocks: top-level nodes and members of graphs, at most `NODES`."""
    found: list[Node] = []
    for _, block in zip(range(BLOCKS), blocks, strict=False):
        if len(block) <= BLOCK_SIZE:
            found += flatten(load_all(block), DEPTH + 1)
    return found[:NODES]


def load(block: str) -> Any:
    """Return the first value in a block; None if the block can't be read."""
    return next(iter(load_all(block)), None)


def load_all(block: str) -> list[Any]:
    """Return all values in a block, despite any text around them; an empty list if it can't be read."""
    bare = unquoted(block.replace(CDATA, ""))
    for attempt in (bare, mended(bare), mended(html.unescape(bare))):
        if found := list(values(attempt)):
            return found
    return []


def values(text: str) -> Iterator[Any]:
    """Yield values one after the other, up to the first broken one."""
    start = START.search(text)
    while start:
        try:
            value, end = DECODER.raw_decode(text, start.start())
        except (ValueError, RecursionError):
            return
        yield value
        start = START.search(text, end)


def unquoted(block: str) -> str:
    """Unwrap a block that is encoded twice, as one string; return any other block as it is."""
    try:
        inside = DECODER.decode(block) if block.lstrip().startswith('"') else block
    except (ValueError, RecursionError):
        return block
    return inside if isinstance(inside, str) else block


def mended(text: str) -> str:
    """Remove syntax that only JavaScript allows, such as comments, and replace a missing value by null."""
    first, *rest = text.split("/*")
    bare = LINE_COMMENT.sub("", first + "".join(piece.partition("*/")[2] for piece in rest))
    escaped = ESCAPE.sub(lambda found: found[0] if found[1] else found[2], bare)
    return STRAY.sub(lambda found: MENDS.get(found[0][0], found[0]), escaped)


def flatten(value: Any, depth: int) -> Iterator[Node]:
    if depth == 0:
        return
    if isinstance(value, list):
        for item in value[:NODES]:
            yield from flatten(item, depth - 1)
    elif isinstance(value, dict):
        yield value
        for key in ("@graph", "mainEntity", "mainEntityOfPage"):
            yield from flatten(value.get(key), depth - 1)


def types(node: Node) -> set[str]:
    """Return types of a node without the vocabulary's address, such as `SoftwareApplication`."""
    declared = node.get("@type")
    names = declared if isinstance(declared, list) else [declared]
    return {name.rsplit("/", 1)[-1].rsplit(":", 1)[-1] for name in names if isinstance(name, str)}


def texts(value: Any, *keys: str, depth: int = 3) -> list[str]:
    """Return texts of a property: its text, the texts of an object under one of `keys`, or of a list."""
    if isinstance(value, str):
        return [value]
    if depth == 0:
        return []
    if isinstance(value, dict):
        inside = (texts(value.get(key), *keys, depth=depth - 1) for key in ("@value", *keys))
        return next(filter(None, inside), [])
    if isinstance(value, list):
        return [text for item in value[:NODES] for text in texts(item, *keys, depth=depth - 1)]
    return []


def plain(value: Any) -> list[str]:
    """Return texts of a property, without addresses of nodes."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, str) and not REFERENCE.match(item)]


def linked(node: Node, key: str, among: list[Node]) -> list[Node]:
    """Return nodes of a property. References (nodes or texts) are resolved in `among`."""
    value = node.get(key)
    items = value if isinstance(value, list) else [value]
    by_id = {other.get("@id"): other for other in among if isinstance(other.get("@id"), str)}
    named = (by_id.get(item) if isinstance(item, str) else item for item in items)
    direct = [item for item in named if isinstance(item, dict)]
    return [item if len(item) > 1 else by_id.get(str(item.get("@id")), item) for item in direct]
