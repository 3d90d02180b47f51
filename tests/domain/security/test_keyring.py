"""Keyrings in settings; an error about one never contains a key."""

import base64

import pytest

from domain.security.keyring import parse_keyring
from schemas.errors import SettingsInvalid
from schemas.setting_values import KEY_BYTES

KEY = base64.b64encode(b"k" * KEY_BYTES).decode()


@pytest.mark.parametrize(
    "text",
    [KEY, f"{KEY}:", f"a:{KEY},{KEY}", f"a:{KEY}:{KEY}", f"a:{KEY[:-4]}", f":{KEY}", f"a:{KEY},a:{KEY}"],
)
def test_no_mistake_shows_a_key(text: str) -> None:
    """A key without its id is parsed as an id."""
    with pytest.raises(SettingsInvalid) as refused:
        parse_keyring(text, setting="PEPPERS")
    assert str(refused.value).startswith("PEPPERS: entry ")
    assert KEY[:8] not in str(refused.value)
