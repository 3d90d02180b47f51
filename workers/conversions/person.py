"""Person and device behind an event, as its `context` and `properties` have them.

They are looked for where Segment's clients put them, and under the names of Meta and TikTok. Whatever an app
sends is read: a value of another type is none.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import msgspec

from domain.events.conversions import Due
from workers.conversions import hashing

_TRAITS, _ADDRESS = ("context", "traits"), ("context", "traits", "address")


def _paths(*names: str, address: bool = False) -> tuple[tuple[str, ...], ...]:
    """Places where a value of one of these names may stand, the likeliest first."""
    places = [_TRAITS, ("properties",)] + ([_ADDRESS, ("properties", "address")] if address else [])
    return tuple((*place, name) for place in places for name in names)


#: By Meta's name of the field.
PLACES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "em": _paths("email", "em"),
    "ph": _paths("phone", "ph"),
    "fn": _paths("firstName", "first_name", "fn"),
    "ln": _paths("lastName", "last_name", "ln"),
    "ge": _paths("gender", "ge"),
    "db": _paths("birthday", "dateOfBirth", "date_of_birth", "db"),
    "ct": _paths("city", "ct", address=True),
    "st": _paths("state", "st", address=True),
    "zp": _paths("postalCode", "postal_code", "zip", "zp", address=True),
    "country": _paths("country", address=True),
}

#: What may be a person's address or number inside a text that is meant for something else.
_TELLING = re.compile(r"@|%40|\+?\d[\d\s().\-]{5,}\d", re.IGNORECASE)
_ADDRESSED = re.compile(r"@|%40|^\s*\+|\+\d[\d\s().\-]{6,}", re.IGNORECASE)
_LONGEST = 1_000


class Tree(NamedTuple):
    """The JSON of an event."""

    root: Mapping[str, Any]

    def find(self, *path: str) -> Any:
        """The value that stands there, or None."""
        found: Any = self.root
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        return found

    def text(self, *path: str) -> str | None:
        """A text there that isn't empty; a whole number counts as one."""
        found = self.find(*path)
        if type(found) is int:
            return str(found)
        return found.strip() or None if isinstance(found, str) and len(found) <= _LONGEST else None

    def first(self, *paths: tuple[str, ...]) -> str | None:
        """The first text of these places that has one."""
        return next((text for path in paths if (text := self.text(*path))), None)


def read(due: Due) -> Tree:
    return Tree(
        {
            "context": msgspec.json.decode(due.context or "{}"),
            "properties": msgspec.json.decode(due.properties or "{}"),
        }
    )


def texts(tree: Tree) -> dict[str, str]:
    """Those of `PLACES` that the event has, in plain."""
    return {name: text for name, paths in PLACES.items() if (text := tree.first(*paths))}


def event_id(due: Due) -> str:
    """The event's id; a hash of one that its app made of somebody's address."""
    return hashing.sha256(due.event_id) if _ADDRESSED.search(due.event_id) else due.event_id


def external_ids(due: Due) -> list[str]:
    """The app's own ids of the person."""
    return [found for found in (due.user_id, due.anonymous_id) if found]


def click(tree: Tree, name: str, parameter: str | None = None) -> str | None:
    """An id of an advertisement's click or a browser, from the context or the page's address."""
    given = tree.first(("context", name), ("properties", name))
    if given or parameter is None:
        return given
    query = _query_of(tree.text("context", "page", "url"))
    return next((value for key, value in parse_qsl(query) if key == parameter), None)


def _query_of(url: str | None) -> str:
    """The query of an address; empty where there is none that can be read."""
    try:
        return urlsplit(url or "").query
    except ValueError:
        return ""


def page_of(tree: Tree) -> str | None:
    """The address of the page, without what may name a person: query, fragment, a path with an address."""
    try:
        parts = urlsplit(tree.text("context", "page", "url") or "")
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host:
        return None
    path = "/" if _TELLING.search(parts.path) else parts.path
    return f"{parts.scheme}://{host}{path}"


def words(text: str | None) -> str | None:
    """The words that somebody looked for, unless they may name a person."""
    return None if text is None or _TELLING.search(text) else text


def code(text: str | None) -> str | None:
    """The app's own id of an order or a product, unless it is a person's address."""
    return None if text is None or _ADDRESSED.search(text) else text


def products(tree: Tree) -> list[tuple[str, int, float | None]]:
    """Id, quantity and price of each product that has an id; at most 50."""
    given = tree.find("properties", "products")
    found = []
    for one in given[:50] if isinstance(given, list) else []:
        product = Tree(one if isinstance(one, dict) else {})
        name = code(product.first(("product_id",), ("productId",), ("id",), ("sku",)))
        quantity, price = product.find("quantity"), product.find("price")
        if name:
            count = quantity if type(quantity) is int and quantity > 0 else 1
            found.append((name, count, price if type(price) in {int, float} else None))
    return found
