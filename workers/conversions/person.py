"""Person and device behind an event, from its `context` and `properties`.

The fields are read in the places of Segment's clients, and by the names of Meta and TikTok. An app's input is
untrusted: a value of another type counts as missing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit

import msgspec

from domain.events.conversions import Due
from workers.conversions import forms, hashing, pii
from workers.conversions.pii import Known, Strictness

_TRAITS, _ADDRESS = ("context", "traits"), ("context", "traits", "address")


def _paths(*names: str, address: bool = False) -> tuple[tuple[str, ...], ...]:
    """Return the paths for a value of one of these names, the likeliest first."""
    places = [_TRAITS, ("properties",)] + ([_ADDRESS, ("properties", "address")] if address else [])
    return tuple((*place, name) for place in places for name in names)


#: Paths by Meta's field name.
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

_LONGEST = 1_000

#: Limits of a product; a price may be in a currency of small units.
MAX_QUANTITY, MAX_PRICE = 100_000, 1_000_000_000

#: A check of `forms.py`.
Form: TypeAlias = Callable[[str, Known], str | None]


@dataclass
class Tree:
    """The JSON of an event. `dropped` names the fields that the checks of `forms.py` left out."""

    root: Mapping[str, Any]
    dropped: set[str] = field(default_factory=set)

    @cached_property
    def known(self) -> Known:
        """Return the person's known values, to search for in the other fields."""
        return pii.know(self.texts)

    @cached_property
    def texts(self) -> dict[str, str]:
        """Return the event's values for `PLACES`, in plain."""
        return {name: text for name, paths in PLACES.items() if (text := self.first(*paths))}

    def find(self, *path: str) -> Any:
        """Return the value at a path, or None."""
        found: Any = self.root
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        return found

    def text(self, *path: str) -> str | None:
        """Return a non-empty text at a path, or None; a whole number counts as a text."""
        found = self.find(*path)
        if type(found) is int:
            return str(found)
        return found.strip() or None if isinstance(found, str) and len(found) <= _LONGEST else None

    def first(self, *paths: tuple[str, ...]) -> str | None:
        """Return the first text at these paths, or None."""
        return next((text for path in paths if (text := self.text(*path))), None)

    def checked(self, name: str, form: Form, *paths: tuple[str, ...]) -> str | None:
        """Return the first text at these paths, checked by `form`; note a refused text as dropped."""
        return self.check(name, form, self.first(*paths))

    def check(self, name: str, form: Form, text: str | None) -> str | None:
        """Return `text` checked by `form`; note a refused text as dropped."""
        found = form(text, self.known) if text else None
        if text and found is None:
            self.dropped.add(name)
        return found


def read(due: Due) -> Tree:
    return Tree(
        {
            "context": msgspec.json.decode(due.context or "{}"),
            "properties": msgspec.json.decode(due.properties or "{}"),
        }
    )


def event_id(due: Due, tree: Tree) -> str:
    """Return the event's id, or its hash if the id contains a person's data."""
    told = pii.tells(due.event_id, Strictness.MARKED, tree.known)
    return hashing.sha256(due.event_id) if told else due.event_id


def external_ids(due: Due) -> list[str]:
    """Return the app's own ids of the person."""
    return [found for found in (due.user_id, due.anonymous_id) if found]


def ip(tree: Tree) -> str | None:
    return tree.checked("ip", forms.ip, ("context", "ip"))


def user_agent(tree: Tree) -> str | None:
    return tree.checked("userAgent", forms.user_agent, ("context", "userAgent"))


def label(tree: Tree, *path: str) -> str | None:
    """Return a name or version of a device, an app or a network."""
    return tree.checked("device", forms.label, ("context", *path))


def click(tree: Tree, name: str, form: Form, parameter: str | None = None) -> str | None:
    """Return an id of an ad click or a browser, from the context or the page's address."""
    found = tree.checked(name, form, ("context", name), ("properties", name))
    if found or parameter is None:
        return found
    query = parse_qsl(_query_of(tree.text("context", "page", "url")))
    return tree.check(name, form, next((value for key, value in query if key == parameter), None))


def advertising_id(tree: Tree) -> str | None:
    """Return the device's advertising id. Send it only if its person lets apps track them."""
    return tree.checked("advertisingId", forms.advertising_id, ("context", "device", "advertisingId"))


def _query_of(url: str | None) -> str:
    """Return the query of an address, or an empty text if there is no readable query."""
    try:
        return urlsplit(url or "").query
    except ValueError:
        return ""


def page_of(tree: Tree) -> str | None:
    """Return the page's address without query and fragment, and without a path that may name a person."""
    url = tree.text("context", "page", "url") or ""
    origin = tree.check("page.host", forms.origin, url)
    if origin is None:
        return None
    path = urlsplit(url).path
    return origin + (tree.check("page.path", forms.path, path) or (path and "/"))


def search_words(tree: Tree) -> str | None:
    """Return the words of a search, unless they may name a person."""
    return tree.checked("query", forms.words, ("properties", "query"), ("properties", "search_string"))


def order_id(tree: Tree) -> str | None:
    """Return the app's own order id, unless it may name a person."""
    return tree.checked("order_id", forms.order_id, ("properties", "order_id"), ("properties", "orderId"))


def products(tree: Tree) -> list[tuple[str, int, float | None]]:
    """Return id, quantity and price of each product that has an id; at most 50."""
    given = tree.find("properties", "products")
    found = []
    for one in given[:50] if isinstance(given, list) else []:
        product = Tree(one if isinstance(one, dict) else {})
        text = product.first(("product_id",), ("productId",), ("id",), ("sku",))
        if name := tree.check("product_id", forms.product_id, text):
            count = _bounded(tree, "quantity", product.find("quantity"), {int}, MAX_QUANTITY)
            price = _bounded(tree, "price", product.find("price"), {int, float}, MAX_PRICE)
            found.append((name, count or 1, price))
    return found


def _bounded(tree: Tree, field: str, value: Any, types: set[type], most: int) -> Any:
    """Return a number from 0 to below `most`, or None: a longer number may be a phone number."""
    if type(value) not in types or value < 0:
        return None
    if value >= most:
        tree.dropped.add(field)
        return None
    return value
