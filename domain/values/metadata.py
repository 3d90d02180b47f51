"""Metadata: the partner's own JSON object; a project's also stores `customerExternalId`."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from domain.values import numbers
from schemas.errors import Invalid

MAX_BYTES = 8 * 1024
#: Bytes of the JSON as sent: escapes take six bytes a character, white space as much again.
MAX_SENT_BYTES = 12 * MAX_BYTES
MAX_LEVELS = 32

_TOO_LONG = f"must be at most {MAX_BYTES} bytes of JSON, its numbers without exponents"
_TOO_DEEP = f"must be at most {MAX_LEVELS} levels deep"

_INNER = "metadata.partner.customerExternalId"


def compose(
    metadata: dict[str, Any], *, customer_external_id: str | UnsetType | None, kept: str | None = None
) -> dict[str, Any]:
    """Return the object to store: `metadata` with the customer's id at `partner.customerExternalId`.

    The id may be sent in either place; sent in both, the values must agree; sent in neither, `kept` stays.
    Every other key under `partner` is dropped, so a partner may send back an object that it read. Raises
    `Invalid`.
    """
    own = {key: value for key, value in metadata.items() if key != "partner"}
    if own:
        check(own)
    inner = _inner(metadata.get("partner"))
    if UNSET not in (inner, customer_external_id) and inner != customer_external_id:
        raise Invalid("customerExternalId", f"differs from {_INNER}: send one of them")
    sent = inner if customer_external_id is UNSET else customer_external_id
    chosen = kept if sent is UNSET else sent
    return own if chosen is None else {**own, "partner": {"customerExternalId": chosen}}


def _inner(partner: Any) -> str | UnsetType | None:
    if partner is None:
        return UNSET
    if not isinstance(partner, dict):
        raise Invalid("metadata.partner", "is kept for customerExternalId: send an object or leave it out")
    inner = partner.get("customerExternalId", UNSET)
    if inner is UNSET or inner is None:
        return inner
    if not isinstance(inner, str) or not 1 <= len(inner) <= 255 or "\0" in inner:
        raise Invalid(_INNER, "must be a string of 1 to 255 characters without NUL")
    return inner


def check(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return the object if it can be stored unchanged; checks its length before its values.

    Raises `Invalid`.
    """
    if _encoded_bytes(metadata) > MAX_BYTES:
        raise Invalid("metadata", _TOO_LONG)
    for level, node in _nodes(metadata):
        if level > MAX_LEVELS and isinstance(node, dict | list):
            raise Invalid("metadata", _TOO_DEEP)
        if isinstance(node, str) and "\0" in node:
            raise Invalid("metadata", "must not hold a NUL character")
        if isinstance(node, int | float) and not numbers.is_kept(node):
            raise Invalid("metadata", f"holds a number that Postgres would change: {numbers.AS_TEXT}")
    if _stored_bytes(metadata) > MAX_BYTES:
        raise Invalid("metadata", _TOO_LONG)
    return metadata


def _encoded_bytes(metadata: dict[str, Any]) -> int:
    """Return the bytes of the JSON without white space. Raises `Invalid` if the object is too deep."""
    try:
        return len(msgspec.json.encode(metadata))
    except RecursionError:
        raise Invalid("metadata", _TOO_DEEP) from None


def _stored_bytes(metadata: dict[str, Any]) -> int:
    """Return the bytes of the stored JSON: Postgres writes numbers in plain digits."""
    swollen = sum(
        len(f"{Decimal(repr(node)):f}") - len(msgspec.json.encode(node))
        for _, node in _nodes(metadata)
        if isinstance(node, float)
    )
    return len(msgspec.json.encode(metadata)) + swollen


def _nodes(metadata: dict[str, Any]) -> Iterator[tuple[int, Any]]:
    """Yield each key and value inside, with its level; uses a stack, as the caller chooses the depth."""
    stack: list[tuple[int, Any]] = [(1, metadata)]
    while stack:
        level, node = stack.pop()
        yield level, node
        if isinstance(node, dict):
            stack.extend((level + 1, child) for pair in node.items() for child in pair)
        elif isinstance(node, list):
            stack.extend((level + 1, child) for child in node)
