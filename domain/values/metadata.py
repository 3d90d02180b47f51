"""Metadata: the partner's own JSON object; a project's also stores `customerExternalId`."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from domain.values import numbers
from schemas.errors import InvalidValue

MAX_METADATA_BYTES = 8 * 1024
#: Bytes of the JSON as sent: escapes take six bytes a character, white space as much again.
MAX_RAW_METADATA_BYTES = 12 * MAX_METADATA_BYTES
MAX_METADATA_LEVELS = 32

_METADATA_TOO_LONG_MESSAGE = f"must be at most {MAX_METADATA_BYTES} bytes of JSON, its numbers without exponents"
_METADATA_TOO_DEEP_MESSAGE = f"must be at most {MAX_METADATA_LEVELS} levels deep"

_PROJECT_METADATA_CUSTOMER_ID_PATH = "metadata.partner.customerExternalId"


def put_customer_id_in_project_metadata(
    metadata: dict[str, Any], *, customer_external_id: str | UnsetType | None, kept: str | None = None
) -> dict[str, Any]:
    """Return a project's metadata to store: `metadata` with the customer's id at `partner.customerExternalId`.

    The id may be sent in either place; null removes it. Sent in both, it must agree; in neither, `kept` stays.
    Every other key under `partner` is dropped, so a partner may send back an object that it read. Raises
    `InvalidValue`.
    """
    own = {key: value for key, value in metadata.items() if key != "partner"}
    if own:
        check_metadata_is_storable(own)
    inner = _customer_id_in_metadata(metadata.get("partner"))
    if UNSET not in (inner, customer_external_id) and inner != customer_external_id:
        raise InvalidValue("customerExternalId", f"differs from {_PROJECT_METADATA_CUSTOMER_ID_PATH}: send one of them")
    sent = inner if customer_external_id is UNSET else customer_external_id
    chosen = kept if sent is UNSET else sent
    return own if chosen is None else {**own, "partner": {"customerExternalId": chosen}}


def _customer_id_in_metadata(partner: Any) -> str | UnsetType | None:
    if partner is None:
        return UNSET
    if not isinstance(partner, dict):
        raise InvalidValue("metadata.partner", "is kept for customerExternalId: send an object or leave it out")
    inner = partner.get("customerExternalId", UNSET)
    if inner is UNSET or inner is None:
        return inner
    if not isinstance(inner, str) or not 1 <= len(inner) <= 255 or "\0" in inner:
        raise InvalidValue(_PROJECT_METADATA_CUSTOMER_ID_PATH, "must be a string of 1 to 255 characters without NUL")
    return inner


def check_metadata_is_storable(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return a partner's metadata if Postgres can store it unchanged; checks its length before its values.

    Raises `InvalidValue` above `MAX_METADATA_BYTES` or `MAX_METADATA_LEVELS`, for NUL, and for a number that changes.
    """
    if _count_encoded_metadata_bytes(metadata) > MAX_METADATA_BYTES:
        raise InvalidValue("metadata", _METADATA_TOO_LONG_MESSAGE)
    for level, node in _walk_partner_metadata(metadata):
        if level > MAX_METADATA_LEVELS and isinstance(node, dict | list):
            raise InvalidValue("metadata", _METADATA_TOO_DEEP_MESSAGE)
        if isinstance(node, str) and "\0" in node:
            raise InvalidValue("metadata", "must not hold a NUL character")
        if isinstance(node, int | float) and not numbers.is_json_number_preserved(node):
            raise InvalidValue(
                "metadata", f"holds a number that Postgres would change: {numbers.SEND_NUMBER_AS_STRING_ADVICE}"
            )
    if _count_stored_metadata_bytes(metadata) > MAX_METADATA_BYTES:
        raise InvalidValue("metadata", _METADATA_TOO_LONG_MESSAGE)
    return metadata


def _count_encoded_metadata_bytes(metadata: dict[str, Any]) -> int:
    """Return the number of bytes of the JSON without white space. Raises `InvalidValue` if the object is too deep."""
    try:
        return len(msgspec.json.encode(metadata))
    except RecursionError:
        raise InvalidValue("metadata", _METADATA_TOO_DEEP_MESSAGE) from None


def _count_stored_metadata_bytes(metadata: dict[str, Any]) -> int:
    """Return the number of bytes of the JSON as Postgres stores it: with numbers in plain digits."""
    swollen = sum(
        len(f"{Decimal(repr(node)):f}") - len(msgspec.json.encode(node))
        for _, node in _walk_partner_metadata(metadata)
        if isinstance(node, float)
    )
    return len(msgspec.json.encode(metadata)) + swollen


def _walk_partner_metadata(metadata: dict[str, Any]) -> Iterator[tuple[int, Any]]:
    """Yield each key and value in an object (level 1) with its level; uses a stack, as the caller chooses the depth."""
    stack: list[tuple[int, Any]] = [(1, metadata)]
    while stack:
        level, node = stack.pop()
        yield level, node
        if isinstance(node, dict):
            stack.extend((level + 1, child) for pair in node.items() for child in pair)
        elif isinstance(node, list):
            stack.extend((level + 1, child) for child in node)
