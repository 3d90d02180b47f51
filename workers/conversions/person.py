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

from domain.events.conversions import DueConversion
from workers.conversions import formats, hashing, pii
from workers.conversions.pii import PersonDataToDetect, PiiNumberStrictness

_TRAITS_JSON_PATH, _ADDRESS_JSON_PATH = ("context", "traits"), ("context", "traits", "address")


def _list_person_field_paths(*names: str, address: bool = False) -> tuple[tuple[str, ...], ...]:
    """Return the paths in an event's JSON that may have a person's field with one of `names`, likeliest first.

    The places are the traits and the properties; with `address` also the addresses in them.
    """
    places = [_TRAITS_JSON_PATH, ("properties",)] + ([_ADDRESS_JSON_PATH, ("properties", "address")] if address else [])
    return tuple((*place, name) for place in places for name in names)


#: Paths by Meta's field name.
PERSON_JSON_PATHS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "em": _list_person_field_paths("email", "em"),
    "ph": _list_person_field_paths("phone", "ph"),
    "fn": _list_person_field_paths("firstName", "first_name", "fn"),
    "ln": _list_person_field_paths("lastName", "last_name", "ln"),
    "ge": _list_person_field_paths("gender", "ge"),
    "db": _list_person_field_paths("birthday", "dateOfBirth", "date_of_birth", "db"),
    "ct": _list_person_field_paths("city", "ct", address=True),
    "st": _list_person_field_paths("state", "st", address=True),
    "zp": _list_person_field_paths("postalCode", "postal_code", "zip", "zp", address=True),
    "country": _list_person_field_paths("country", address=True),
}

_MAX_RELAYED_TEXT_CHARS = 1_000

#: Limits of a product; a price may be in a currency of small units.
MAX_SENT_ITEM_QUANTITY = 100_000
CONVERSION_PRODUCT_PRICE_BOUND = 1_000_000_000

#: A check of `formats.py`.
CheckFieldFormat: TypeAlias = Callable[[str, PersonDataToDetect], str | None]


@dataclass
class ConversionEventJson:
    """The JSON of an event. `dropped` names the fields that the checks of `formats.py` left out."""

    root: Mapping[str, Any]
    dropped: set[str] = field(default_factory=set)

    @cached_property
    def person_data_to_detect_in_other_fields(self) -> PersonDataToDetect:
        """Return names, e-mail local part and phone digits of the event's person, to search for in other fields."""
        return pii.collect_person_data_to_detect(self.person_texts_by_meta_field)

    @cached_property
    def person_texts_by_meta_field(self) -> dict[str, str]:
        """Return the personal data of the event's person in plain, by Meta's field name. Leave out missing fields."""
        return {
            name: text for name, paths in PERSON_JSON_PATHS.items() if (text := self.find_first_text_at_paths(*paths))
        }

    def find_value_at_path(self, *path: str) -> Any:
        """Return the value at a path of names in the event's JSON; None if the path doesn't exist."""
        value: Any = self.root
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value

    def find_text_at_path(self, *path: str) -> str | None:
        """Return the text at a path in the event's JSON, stripped; a whole number counts as a text.

        None for a missing, empty or too long text, and for another type.
        """
        value = self.find_value_at_path(*path)
        if type(value) is int:
            return str(value)
        return value.strip() or None if isinstance(value, str) and len(value) <= _MAX_RELAYED_TEXT_CHARS else None

    def find_first_text_at_paths(self, *paths: tuple[str, ...]) -> str | None:
        """Return the first text that the event's JSON has at one of these paths; None if it has none."""
        return next((text for path in paths if (text := self.find_text_at_path(*path))), None)

    def find_checked_text(self, name: str, form: CheckFieldFormat, *paths: tuple[str, ...]) -> str | None:
        """Return the event's first text at these paths as the check `form` returns it; None without one.

        If `form` refuses the text, `name` is added to `dropped`.
        """
        return self.keep_text_if_check_passes(name, form, self.find_first_text_at_paths(*paths))

    def keep_text_if_check_passes(self, name: str, form: CheckFieldFormat, text: str | None) -> str | None:
        """Return a text of the event as the check `form` returns it; None for a missing or refused text.

        The `name` of a refused text is added to `dropped`.
        """
        checked_text = form(text, self.person_data_to_detect_in_other_fields) if text else None
        if text and checked_text is None:
            self.dropped.add(name)
        return checked_text


def decode_event_tree_of_due_conversion(due: DueConversion) -> ConversionEventJson:
    return ConversionEventJson(
        {"context": msgspec.json.decode(due.context or "{}"), "properties": msgspec.json.decode(due.properties or "{}")}
    )


def build_sent_event_id(due: DueConversion, tree: ConversionEventJson) -> str:
    """Return the id under which an event is sent to Meta or TikTok.

    It is the event's own id, or the hexadecimal SHA-256 of that id if it may contain a person's data.
    """
    has_pii = pii.contains_pii(due.event_id, PiiNumberStrictness.MARKED, tree.person_data_to_detect_in_other_fields)
    return hashing.sha256_hex(due.event_id) if has_pii else due.event_id


def list_event_user_ids(due: DueConversion) -> list[str]:
    """Return the ids of a conversion event's person in the app: user id, then anonymous id. Leave out missing ones."""
    return [user_id for user_id in (due.user_id, due.anonymous_id) if user_id]


def find_event_ip_address(tree: ConversionEventJson) -> str | None:
    return tree.find_checked_text("ip", formats.normalize_ip_address, ("context", "ip"))


def find_event_user_agent(tree: ConversionEventJson) -> str | None:
    return tree.find_checked_text("userAgent", formats.strip_pii_of_sent_user_agent, ("context", "userAgent"))


def find_event_click_or_browser_id(
    tree: ConversionEventJson, name: str, form: CheckFieldFormat, parameter: str | None = None
) -> str | None:
    """Return an event's id of an ad click or a browser; None if it is missing or refused by the check `form`.

    It is the field `name` of the context or the properties, else a query `parameter` of the page's URL.
    """
    click_id = tree.find_checked_text(name, form, ("context", name), ("properties", name))
    if click_id or parameter is None:
        return click_id
    query = parse_qsl(_read_url_query_string(tree.find_text_at_path("context", "page", "url")))
    return tree.keep_text_if_check_passes(name, form, next((value for key, value in query if key == parameter), None))


def find_event_advertising_id(tree: ConversionEventJson) -> str | None:
    """Return a device's advertising id; None if missing or malformed. Callers check that the person allows tracking."""
    return tree.find_checked_text(
        "advertisingId", formats.keep_valid_advertising_id, ("context", "device", "advertisingId")
    )


def _read_url_query_string(url: str | None) -> str:
    """Return the query of a URL; an empty text for None, a URL without a query, and an unreadable URL."""
    try:
        return urlsplit(url or "").query
    except ValueError:
        return ""


def find_event_page_url(tree: ConversionEventJson) -> str | None:
    """Return the page's address without query, fragment and any path that may name a person; None for no valid host."""
    url = tree.find_text_at_path("context", "page", "url") or ""
    origin = tree.keep_text_if_check_passes("page.host", formats.extract_page_origin_without_pii, url)
    if origin is None:
        return None
    path = urlsplit(url).path
    return origin + (
        tree.keep_text_if_check_passes("page.path", formats.keep_page_path_if_no_pii, path) or (path and "/")
    )


def build_order_fields(
    due: DueConversion, tree: ConversionEventJson, *, search: str, product_id: str, price: str
) -> dict[str, Any]:
    """Return an event's order id, search words, products, and value with currency. Leave out missing ones.

    Leave out texts that may name a person, too. `search`, `product_id` and `price` are the destination's names of
    these fields.
    """
    products = [
        {product_id: name, "quantity": count} | ({} if amount is None else {price: amount})
        for name, count, amount in read_products_of_event(tree)
    ]
    fields: dict[str, Any] = {
        "order_id": tree.find_checked_text(
            "order_id", formats.keep_order_id_if_no_pii, ("properties", "order_id"), ("properties", "orderId")
        ),
        search: tree.find_checked_text(
            "query", formats.keep_search_words_if_no_pii, ("properties", "query"), ("properties", "search_string")
        ),
        "contents": products,
    }
    if due.value_micros is not None and due.currency:
        fields |= {"value": due.value_micros / 1e6, "currency": due.currency}
    return {name: value for name, value in fields.items() if value not in (None, [])}


def read_products_of_event(tree: ConversionEventJson) -> list[tuple[str, int, float | None]]:
    """Return id, quantity and price of the products in an event; of the first 50, those with a valid id.

    A missing or invalid quantity is returned as 1, a missing or invalid price as None.
    """
    entries = tree.find_value_at_path("properties", "products")
    products = []
    for entry in entries[:50] if isinstance(entries, list) else []:
        product = ConversionEventJson(entry if isinstance(entry, dict) else {})
        text = product.find_first_text_at_paths(("product_id",), ("productId",), ("id",), ("sku",))
        if name := tree.keep_text_if_check_passes("product_id", formats.keep_product_id_if_no_pii, text):
            count = _keep_price_or_count_if_valid(
                tree, "quantity", product.find_value_at_path("quantity"), {int}, MAX_SENT_ITEM_QUANTITY
            )
            price = _keep_price_or_count_if_valid(
                tree, "price", product.find_value_at_path("price"), {int, float}, CONVERSION_PRODUCT_PRICE_BOUND
            )
            products.append((name, count or 1, price))
    return products


def _keep_price_or_count_if_valid(
    tree: ConversionEventJson, field: str, value: Any, types: set[type], most: int
) -> Any:
    """Return a product's quantity or price if it is a number from 0 to below `most`; else None.

    A number from `most` on may be a phone number: `field` is noted among the event's dropped fields.
    """
    if type(value) not in types or value < 0:
        return None
    if value >= most:
        tree.dropped.add(field)
        return None
    return value
