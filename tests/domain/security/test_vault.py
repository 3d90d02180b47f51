"""Secrets at rest, and the keyrings that open them."""

import base64

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from domain.security import vault
from domain.security.keyring import Keyring, parse_keyring, require_keys
from schemas.errors import SettingsInvalid

OLD, NEW = bytes(range(32)), bytes(range(1, 33))
KEYRING = Keyring("new", {"new": NEW, "old": OLD})


def entry(name: str, key: bytes) -> str:
    return f"{name}:{base64.b64encode(key).decode()}"


@given(st.binary(max_size=1000))
def test_what_is_sealed_can_be_opened(plain: bytes) -> None:
    sealed = vault.seal(KEYRING, plain, row="t/1")
    assert sealed.key_id == "new"
    assert vault.unseal(KEYRING, sealed, row="t/1") == plain


def test_the_same_is_sealed_differently_each_time() -> None:
    sealed = [vault.seal(KEYRING, b"secret", row="t/1").data for _ in range(2)]
    assert sealed[0] != sealed[1]
    assert b"secret" not in sealed[0]


def test_an_old_key_still_opens_and_writes_no_more() -> None:
    sealed = vault.seal(Keyring("old", {"old": OLD}), b"secret", row="t/1")
    assert vault.unseal(KEYRING, sealed, row="t/1") == b"secret"
    with pytest.raises(KeyError):
        vault.unseal(Keyring("new", {"new": NEW}), sealed, row="t/1")


def test_secret_opens_only_in_its_own_row() -> None:
    sealed = vault.seal(KEYRING, b"secret", row="t/1")
    with pytest.raises(InvalidTag):
        vault.unseal(KEYRING, sealed, row="t/2")


@given(st.integers(0, 200), st.integers(1, 255))
def test_a_changed_byte_opens_nothing(at: int, by: int) -> None:
    sealed = vault.seal(KEYRING, b"secret" * 20, row="t/1")
    data = bytearray(sealed.data)
    data[at % len(data)] ^= by
    with pytest.raises(InvalidTag):
        vault.unseal(KEYRING, sealed._replace(data=bytes(data)), row="t/1")


def test_first_key_of_a_keyring_writes() -> None:
    assert parse_keyring(f"{entry('new', NEW)}, {entry('old', OLD)}", setting="PEPPERS") == KEYRING


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "a",
        "a:",
        "a:!!!!",
        entry("a", b"short"),
        f"{entry('a', OLD)},{entry('a', NEW)}",
        f"{entry('a', OLD)},",
    ],
)
def test_a_malformed_keyring_is_named_without_its_keys(text: str) -> None:
    with pytest.raises(SettingsInvalid, match="PEPPERS") as raised:
        parse_keyring(text, setting="PEPPERS")
    assert base64.b64encode(OLD).decode() not in str(raised.value)


def test_a_key_that_rows_name_is_required() -> None:
    require_keys(KEYRING, ["old", "new"], setting="PEPPERS")
    with pytest.raises(SettingsInvalid, match="PEPPERS lacks older"):
        require_keys(KEYRING, ["old", "older"], setting="PEPPERS")
