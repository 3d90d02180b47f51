"""Metadata of a project, and the place of its customer's id in it."""

from typing import Any

import pytest
from msgspec import UNSET, UnsetType

from domain.values.metadata import put_customer_id_in_project_metadata
from schemas.errors import InvalidValue

CUSTOMER = {"partner": {"customerExternalId": "c-1"}}


def nested(levels: int) -> dict[str, Any]:
    """Return an object with so many levels, itself included."""
    inner: dict[str, Any] = {}
    for _ in range(levels - 1):
        inner = {"a": inner}
    return inner


@pytest.mark.parametrize(
    ("metadata", "sent", "kept", "stored"),
    [
        ({"a": 1}, UNSET, None, {"a": 1}),
        ({"a": 1}, "c-1", None, {"a": 1, "partner": {"customerExternalId": "c-1"}}),
        (CUSTOMER, UNSET, None, CUSTOMER),
        (CUSTOMER, "c-1", "old", CUSTOMER),
        ({"partner": {"plan": "gold"}}, UNSET, None, {}),
        ({}, UNSET, "c-1", CUSTOMER),
        ({}, None, "c-1", {}),
        ({"partner": {"customerExternalId": None}}, UNSET, "c-1", {}),
        ({"partner": None}, UNSET, "c-1", CUSTOMER),
    ],
)
def test_the_customers_id_has_one_place(
    metadata: dict[str, Any], sent: str | UnsetType | None, kept: str | None, stored: dict[str, Any]
) -> None:
    assert put_customer_id_in_project_metadata(metadata, customer_external_id=sent, kept=kept) == stored


@pytest.mark.parametrize("sent", ["c-2", None])
def test_two_different_ids_are_refused(sent: str | None) -> None:
    with pytest.raises(InvalidValue, match="customerExternalId: differs"):
        put_customer_id_in_project_metadata(CUSTOMER, customer_external_id=sent)


@pytest.mark.parametrize(
    "metadata",
    [
        *(nested(33), nested(5000), {"a": [[[]], nested(32)]}, {"a": "x" * 8192}),
        *({"a": "b\0c"}, {"a\0": 1}, {"a": ["\0"]}, {"partner": "acme"}),
        *({"a": 1e308}, {"a": [1e-300]}, {"a": 2**64}, {"a": [1e20] * 600}),
        *({"partner": {"customerExternalId": one}} for one in (7, "", "x" * 256, "\0")),
    ],
)
def test_unstorable_metadata_is_refused(metadata: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue, match="metadata"):
        put_customer_id_in_project_metadata(metadata, customer_external_id=UNSET)


def test_the_limits_themselves_are_allowed() -> None:
    full = {"a": "x" * (8192 - len('{"a":""}'))}
    assert put_customer_id_in_project_metadata(full, customer_external_id="x" * 255) == full | {
        "partner": {"customerExternalId": "x" * 255}
    }
    assert put_customer_id_in_project_metadata(nested(32), customer_external_id=UNSET) == nested(32)
