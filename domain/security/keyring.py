"""Keyrings of 32-byte keys: a key can be changed, and at no moment something can't be read."""

import base64
import binascii
from collections.abc import Collection, Mapping
from typing import NamedTuple

from db.pool import Conn
from db.queries import (
    account_credential,
    api_key,
    conversion_destination,
    idempotency_key,
    job_secret,
    oauth_state,
    platform_app,
    scheduled_post,
    webhook_secret,
)
from schemas.errors import SettingsInvalid

KEY_BYTES = 32


class Keyring(NamedTuple):
    """`writer` is the id of the key that writes; every one of `keys` reads."""

    writer: str
    keys: Mapping[str, bytes]

    def __repr__(self) -> str:
        return f"Keyring({self.writer})"


def parse_keyring(text: str, *, setting: str) -> Keyring:
    """Read `id:base64,id:base64`. Raises `SettingsInvalid`, which names the setting and no key."""
    keys: dict[str, bytes] = {}
    for number, entry in enumerate(text.split(","), start=1):
        key_id, _, encoded = entry.strip().partition(":")
        key = _key(encoded)
        # An id isn't shown: a key that came without one stands in its place.
        if key is None or not key_id or key_id in keys:
            raise SettingsInvalid(
                f"{setting}: entry {number} isn't id:base64, with an id of its own and {KEY_BYTES} bytes"
            )
        keys[key_id] = key
    return Keyring(next(iter(keys)), keys)


def require_keys(keyring: Keyring, key_ids: Collection[str], *, setting: str) -> None:
    """Raises `SettingsInvalid` if some row names a key that the keyring lacks."""
    if missing := sorted(set(key_ids) - keyring.keys.keys()):
        raise SettingsInvalid(f"{setting} lacks {', '.join(missing)}, which rows in the database still name")


async def check_keyrings(conn: Conn, *, peppers: Keyring, vault: Keyring) -> None:
    """Raises `SettingsInvalid` if a secret in the database can't be checked or opened with these keyrings."""
    hashed = await api_key.pepper_ids.all(conn)
    require_keys(peppers, [row["pepper_id"] for row in hashed], setting="PEPPERS")
    sealed = [row for query in _SEALED for row in await query.all(conn)]
    require_keys(vault, [row["vault_key_id"] for row in sealed], setting="VAULT_KEYS")


#: Of each table that holds sealed rows.
_SEALED = (
    account_credential.vault_key_ids,
    conversion_destination.vault_key_ids,
    idempotency_key.vault_key_ids,
    job_secret.vault_key_ids,
    oauth_state.vault_key_ids,
    platform_app.vault_key_ids,
    scheduled_post.vault_key_ids,
    webhook_secret.vault_key_ids,
)


def _key(encoded: str) -> bytes | None:
    """The key; None for what is none."""
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return None
    return key if len(key) == KEY_BYTES else None
