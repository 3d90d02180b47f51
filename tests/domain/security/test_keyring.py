"""Keyrings in settings; an error about one never contains a key."""

import base64

import pytest

from domain.security.keyring import Keyring, check_keyring_has_keys_of_stored_rows, parse_keyring
from schemas.errors import SettingsInvalid
from schemas.setting_values import KEYRING_KEY_BYTES

OLD, NEW = b"k" * KEYRING_KEY_BYTES, bytes(range(KEYRING_KEY_BYTES))
KEYRING = Keyring("new", {"new": NEW, "old": OLD})
KEY = base64.b64encode(OLD).decode()


def test_first_key_of_a_keyring_writes() -> None:
    new = base64.b64encode(NEW).decode()
    assert parse_keyring(f"new:{new}, old:{KEY}", setting="PEPPERS") == KEYRING


def test_a_key_that_rows_name_is_required() -> None:
    check_keyring_has_keys_of_stored_rows(KEYRING, ["old", "new"], setting="PEPPERS")
    with pytest.raises(SettingsInvalid, match="PEPPERS lacks older"):
        check_keyring_has_keys_of_stored_rows(KEYRING, ["old", "older"], setting="PEPPERS")
