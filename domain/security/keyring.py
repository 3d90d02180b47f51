"""Keyrings of 32-byte keys: a key can be rotated while every secret stays readable."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from db.pool import Conn
from db.queries import api_key
from db.queries.sealed import SEALED_TABLES
from schemas.errors import SettingsInvalid
from schemas.setting_values import parse_keyring_keys
from schemas.settings import Settings


class Keyring(NamedTuple):
    """Keys by their ids. `writer` is the id of the key for new secrets; all of `keys` can read."""

    writer: str
    keys: Mapping[str, bytes]

    def __repr__(self) -> str:
        return f"Keyring({self.writer})"


def parse_keyring(text: str, *, setting: str) -> Keyring:
    """Parse `id:base64,id:base64`; the first one seals. Raises `SettingsInvalid`, which names the setting, no key."""
    keys = parse_keyring_keys(text, setting=setting)
    return Keyring(next(iter(keys)), keys)


def parse_pepper_and_vault_keyrings(settings: Settings) -> tuple[Keyring, Keyring]:
    """Parse the keyrings of the settings: return the peppers and the vault keys. Raises `SettingsInvalid`."""
    peppers = parse_keyring(settings.peppers, setting="PEPPERS")
    return peppers, parse_keyring(settings.vault_keys, setting="VAULT_KEYS")


def check_keyring_has_keys_of_stored_rows(keyring: Keyring, key_ids: Collection[str], *, setting: str) -> None:
    """Raise `SettingsInvalid` if some row needs a key that the keyring lacks."""
    if missing := sorted(set(key_ids) - keyring.keys.keys()):
        raise SettingsInvalid(f"{setting} lacks {', '.join(missing)}, which rows in the database still name")


async def check_keyrings(conn: Conn, *, peppers: Keyring, vault: Keyring) -> None:
    """Raise `SettingsInvalid` if a secret in the database names a key that its keyring lacks; opens none."""
    hashed = await api_key.pepper_ids.all(conn)
    check_keyring_has_keys_of_stored_rows(peppers, [row["pepper_id"] for row in hashed], setting="PEPPERS")
    sealed = [row for table in SEALED_TABLES for row in await table.list_vault_key_ids_statement.all(conn)]
    check_keyring_has_keys_of_stored_rows(vault, [row["vault_key_id"] for row in sealed], setting="VAULT_KEYS")
