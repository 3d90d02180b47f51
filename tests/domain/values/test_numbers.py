"""Numbers in metadata: accepted ones return unchanged from Postgres, others are refused."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.pool import Conn
from domain.values import metadata, numbers
from schemas.errors import InvalidValue

REFUSED = (
    "1e308", "-1e308", "1e21", "1E400", "1e-400", "1e-16", "-0.0000000000000001", "0.1234567890123456789",
    "12345678901234567890.5", "1.00000000000000000000000001",
)  # fmt: skip
KEPT = (
    "0.0", "-0.0", "0e5", "1e20", "1.5", "1E5", "0.10000000000000001", "1e-15", "52.520008",
    "0.000000000000001",    "999999999999999900000.0", "1.000000000000000000000000000",
)  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_changing_or_swelling_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="as a string"):
        numbers.parse_preservable_json_float(text)


async def test_accepted_number_returns_in_the_same_size(conn: Conn) -> None:
    for text in KEPT:
        value = numbers.parse_preservable_json_float(text)
        back = await conn.fetchval("select $1::jsonb", value)
        assert float(back) == value, text
        assert len(msgspec.json.encode(back)) <= 24, text


@pytest.mark.parametrize("whole", [2**64, -(2**63) - 1, 10**30])
def test_whole_numbers_have_64_bits(whole: int) -> None:
    with pytest.raises(InvalidValue, match="as a string"):
        metadata.put_customer_id_in_project_metadata({"a": [{"b": whole}]}, customer_external_id=msgspec.UNSET)


@given(st.floats(allow_nan=True, allow_infinity=True) | st.integers(-(10**25), 10**25))
def test_any_number_is_kept_or_refused(value: float) -> None:
    """Plain digits, as Postgres returns them, parse as the same double, and are few."""
    if not numbers.is_json_number_preserved(value):
        return
    plain = f"{Decimal(repr(value)):f}"
    assert len(plain) <= 40
    assert isinstance(value, int) or numbers.parse_preservable_json_float(msgspec.json.encode(value).decode()) == value
