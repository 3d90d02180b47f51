"""Tolerant JSON-LD reader: comments, trailing commas, raw line breaks, entities, lists of graphs."""

import html
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

MAX_JSONLD_BLOCKS = 20
#: Characters of a block; a longer one is skipped.
MAX_JSONLD_BLOCK_CHARS = 512 << 10
#: Levels of lists and objects; further ones are ignored.
MAX_JSONLD_DEPTH = 8
#: Nodes of a page, and items of a list, that are read.
MAX_JSONLD_NODES = 200
CDATA_OPENING = "<![CDATA["
JSONLD_VALUE_START_PATTERN = re.compile(r"[\[{]")
#: A string, which is kept; outside of strings a comma or a colon without a value after it.
JSONLD_STRING_OR_GAP_PATTERN = re.compile(r'"(?:[^"\\]|\\.)*+"?|[,:]\s*(?=[,}\]])', re.DOTALL)
JSONLD_LINE_COMMENT_PATTERN = re.compile(r"^[ \t]*//.*$", re.MULTILINE)
#: Beginning of a node's address, which is no name.
JSONLD_REFERENCE_PATTERN = re.compile(r"\w+:(?=\S)|[#/_]")
JSON_ESCAPE_PATTERN = re.compile(r"\\(?:([\"\\/bfnrtu])|(.))", re.DOTALL)

#: Not strict, since real blocks have raw line breaks in their strings.
LENIENT_JSONLD_DECODER = json.JSONDecoder(strict=False)

#: Replacements, by the first character of the match; a string stays as it is.
JSONLD_MISSING_VALUE_FIXES = {",": "", ":": ":null"}

JsonLdNode = dict[str, Any]


def parse_jsonld_nodes(blocks: Iterable[str]) -> list[JsonLdNode]:
    """Return at most `MAX_JSONLD_NODES` nodes of all JSON-LD blocks: top level, members of graphs, main entities."""
    collected: list[JsonLdNode] = []
    for _, block in zip(range(MAX_JSONLD_BLOCKS), blocks, strict=False):
        if len(block) <= MAX_JSONLD_BLOCK_CHARS:
            collected += flatten_jsonld_nodes(parse_json_values(block), MAX_JSONLD_DEPTH + 1)
    return collected[:MAX_JSONLD_NODES]


def read_first_json_value(block: str) -> Any:
    """Return the first JSON object or list in the text of a script; None if it has none, or can't be read."""
    return next(iter(parse_json_values(block)), None)


def parse_json_values(block: str) -> list[Any]:
    """Return all JSON objects and lists in a script, despite bad syntax and text around; [] if it can't be read."""
    bare = unwrap_json_string(block.replace(CDATA_OPENING, ""))
    for attempt in (bare, strip_js_syntax_from_json(bare), strip_js_syntax_from_json(html.unescape(bare))):
        if decoded := list(decode_consecutive_json(attempt)):
            return decoded
    return []


def decode_consecutive_json(text: str) -> Iterator[Any]:
    """Yield the JSON objects and lists in a text one after the other, up to the first broken one."""
    start = JSONLD_VALUE_START_PATTERN.search(text)
    while start:
        try:
            value, end = LENIENT_JSONLD_DECODER.raw_decode(text, start.start())
        except (ValueError, RecursionError):
            return
        yield value
        start = JSONLD_VALUE_START_PATTERN.search(text, end)


def unwrap_json_string(block: str) -> str:
    """Unwrap a block that is encoded twice, as one string; return any other block as it is."""
    try:
        inside = LENIENT_JSONLD_DECODER.decode(block) if block.lstrip().startswith('"') else block
    except (ValueError, RecursionError):
        return block
    return inside if isinstance(inside, str) else block


def strip_js_syntax_from_json(text: str) -> str:
    """Remove syntax that only JavaScript allows, such as comments, and replace a missing value by null."""
    first, *commented = text.split("/*")
    bare = JSONLD_LINE_COMMENT_PATTERN.sub("", first + "".join(piece.partition("*/")[2] for piece in commented))
    escaped = JSON_ESCAPE_PATTERN.sub(lambda match: match[0] if match[1] else match[2], bare)
    return JSONLD_STRING_OR_GAP_PATTERN.sub(
        lambda match: JSONLD_MISSING_VALUE_FIXES.get(match[0][0], match[0]), escaped
    )


def flatten_jsonld_nodes(value: Any, depth: int) -> Iterator[JsonLdNode]:
    if depth == 0:
        return
    if isinstance(value, list):
        for item in value[:MAX_JSONLD_NODES]:
            yield from flatten_jsonld_nodes(item, depth - 1)
    elif isinstance(value, dict):
        yield value
        for key in ("@graph", "mainEntity", "mainEntityOfPage"):
            yield from flatten_jsonld_nodes(value.get(key), depth - 1)


def read_jsonld_types(node: JsonLdNode) -> set[str]:
    """Return the types of a JSON-LD node, each without the vocabulary's address, such as `SoftwareApplication`."""
    declared = node.get("@type")
    names = declared if isinstance(declared, list) else [declared]
    return {name.rsplit("/", 1)[-1].rsplit(":", 1)[-1] for name in names if isinstance(name, str)}


def unwrap_jsonld_texts(value: Any, *keys: str, depth: int = 3) -> list[str]:
    """Return the texts in a JSON-LD property's value: a text itself, or the texts of all items of a list.

    Of an object, return the texts under the first of `keys` that has any. Other values have no texts.
    """
    if isinstance(value, str):
        return [value]
    if depth == 0:
        return []
    if isinstance(value, dict):
        inside = (unwrap_jsonld_texts(value.get(key), *keys, depth=depth - 1) for key in ("@value", *keys))
        return next(filter(None, inside), [])
    if isinstance(value, list):
        return [text for item in value[:MAX_JSONLD_NODES] for text in unwrap_jsonld_texts(item, *keys, depth=depth - 1)]
    return []


def read_jsonld_direct_texts(value: Any) -> list[str]:
    """Return a JSON-LD property's text, or the texts in its list, without addresses of nodes and texts in objects."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, str) and not JSONLD_REFERENCE_PATTERN.match(item)]


def resolve_jsonld_nodes(node: JsonLdNode, key: str, among: list[JsonLdNode]) -> list[JsonLdNode]:
    """Return the nodes in property `key` of a JSON-LD node; references are replaced by nodes of `among`.

    A reference is a text, or a node with only an id. A text that is no id of a node is left out.
    """
    value = node.get(key)
    items = value if isinstance(value, list) else [value]
    by_id = {candidate.get("@id"): candidate for candidate in among if isinstance(candidate.get("@id"), str)}
    referenced = (by_id.get(item) if isinstance(item, str) else item for item in items)
    objects = [item for item in referenced if isinstance(item, dict)]
    return [item if len(item) > 1 else by_id.get(str(item.get("@id")), item) for item in objects]
