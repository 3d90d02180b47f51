"""Mutations of JSON by value and type, for programs that trust a vendor's documentation."""

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from tests.workers.ingest.mutants import words

#: A container and the key or place of one value in it.
Slot = tuple[Any, Any]

#: Characters of the JSON of a list with one repeated value.
MAX_JSON_CHARS = 1_000_000
NUMBERS = (0, -1, 10**30, 1e308, -0.0, 0.1, 2**53 + 1)
TYPES = (
    *("WebSite", "Organization", "Person", "SoftwareApplication", "Product", "NewsArticle", "FAQPage"),
    *("Brand", "schema:Organization", "http://schema.org/LocalBusiness", "MobileApplication", ""),
    "x" * 10_000,
)

#: Broken or unusual forms of a JSON text.
FORMS: tuple[Callable[[str], str], ...] = (
    lambda text: text[: len(text) // 2],
    lambda text: text[:-1],
    lambda text: text.replace(",", ",,", 5),
    lambda text: f"/* {text} */ {text}",
    lambda text: f"<![CDATA[{text}]]>",
    json.dumps,
    lambda text: f"\ufeff{text};",
    lambda text: "[" * 50_000 + text,
    lambda text: '{"a":' * 20_000 + text,
    lambda text: text.replace('"', "&quot;"),
    lambda text: text.replace('"', "'"),
    lambda text: text[:50_000] * 20,
)


def mutated(value: Any, chance: Random, times: int = 3) -> Any:
    """Change the value in some places; `value` itself may be changed too."""
    holder = [value]
    for _ in range(chance.randint(1, times)):
        container, key = chance.choice([*places(holder, 6)])
        before = container[key]
        container[key] = replacement(before, chance)
        if is_huge(holder):
            container[key] = before
    return holder[0]


def is_huge(value: Any) -> bool:
    """Return whether the value is larger than a few documents: a change may be shared by 5,000 places."""
    remaining, pending = 4 * MAX_JSON_CHARS, [value]
    while pending and remaining > 0:
        item = pending.pop()
        remaining -= len(item) if isinstance(item, str) else 1
        if isinstance(item, dict | list):
            pending.extend(item.values() if isinstance(item, dict) else item)
    return remaining <= 0


def places(value: Any, depth: int) -> Iterator[Slot]:
    if depth == 0 or not isinstance(value, dict | list):
        return
    for key in [*value] if isinstance(value, dict) else range(len(value)):
        yield value, key
        yield from places(value[key], depth - 1)


def replacement(value: Any, chance: Random) -> Any:
    """Return a replacement of the value: of another type, in a list, deep inside, or too long."""
    return chance.choice(
        (
            lambda: words.text(chance),
            lambda: words.text(chance),
            lambda: chance.choice(words.URLS),
            lambda: chance.choice(words.LANGUAGES),
            lambda: chance.choice(NUMBERS),
            lambda: chance.choice((None, True, False, [], {})),
            lambda: [value] * min(chance.choice((2, 300, 5_000)), 1 + MAX_JSON_CHARS // len(json.dumps(value))),
            lambda: {"@value": value, "name": value, "url": value, "@id": value},
            lambda: {"@type": chance.choice(TYPES), "name": words.text(chance), "publisher": value},
            lambda: deep(value, chance.choice((5, 50, 400))),
            lambda: chance.choice(TYPES),
            lambda: {words.text(chance)[:1_000]: value},
        )
    )()


def deep(value: Any, levels: int) -> Any:
    for _ in range(levels):
        value = {"@graph": [value]} if levels % 2 else [value]
    return value


def to_text(value: Any, chance: Random) -> str:
    """Return its JSON, now and then in a form that only some parsers accept."""
    text = json.dumps(value, ensure_ascii=chance.random() < 0.5)
    return chance.choice(FORMS)(text) if chance.random() < 0.7 else text
