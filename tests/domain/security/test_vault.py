"""Secrets at rest."""

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from domain.security import vault
from domain.security.keyring import Keyring

OLD, NEW = bytes(range(32)), bytes(range(1, 33))
KEYRING = Keyring("new", {"new": NEW, "old": OLD})


@given(st.binary(max_size=1000))
def test_what_is_sealed_can_be_opened(plain: bytes) -> None:
    sealed = vault.seal_secret(KEYRING, plain, row="t/1")
    assert sealed.key_id == "new"
    assert vault.unseal_secret(KEYRING, sealed, row="t/1") == plain


def test_the_same_is_sealed_differently_each_time() -> None:
    sealed = [vault.seal_secret(KEYRING, b"secret", row="t/1").data for _ in range(2)]
    assert sealed[0] != sealed[1]
    assert b"secret" not in sealed[0]


def test_an_old_key_still_opens_and_writes_no_more() -> None:
    sealed = vault.seal_secret(Keyring("old", {"old": OLD}), b"secret", row="t/1")
    assert vault.unseal_secret(KEYRING, sealed, row="t/1") == b"secret"
    with pytest.raises(KeyError):
        vault.unseal_secret(Keyring("new", {"new": NEW}), sealed, row="t/1")


def test_secret_opens_only_in_its_own_row() -> None:
    sealed = vault.seal_secret(KEYRING, b"secret", row="t/1")
    with pytest.raises(InvalidTag):
        vault.unseal_secret(KEYRING, sealed, row="t/2")


@given(st.integers(0, 200), st.integers(1, 255))
def test_a_changed_byte_opens_nothing(at: int, by: int) -> None:
    sealed = vault.seal_secret(KEYRING, b"secret" * 20, row="t/1")
    data = bytearray(sealed.data)
    data[at % len(data)] ^= by
    with pytest.raises(InvalidTag):
        vault.unseal_secret(KEYRING, sealed._replace(data=bytes(data)), row="t/1")
