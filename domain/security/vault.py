"""Secrets at rest: AES-256-GCM, a data key for each row, bound to its row.

The stored format is `nonce, wrapped data key, nonce, ciphertext`. The row name is associated data of both, so
a value that was copied into another row can't be opened.
"""

import os
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.security.keyring import Keyring
from schemas.setting_values import KEYRING_KEY_BYTES

_NONCE_BYTES = 12
_WRAPPED_KEY_BYTES = _NONCE_BYTES + KEYRING_KEY_BYTES + 16


class SealedSecret(NamedTuple):
    """Encrypted secret. `key_id` is the id of the keyring's key that opens `data`."""

    key_id: str
    data: bytes


def seal_secret(keyring: Keyring, plain: bytes, *, row: str) -> SealedSecret:
    """Return a secret sealed with the keyring's first key; `row` is the `secret_binding_name` of its row."""
    data_key = AESGCM.generate_key(KEYRING_KEY_BYTES * 8)
    wrapped = _encrypt_bytes(keyring.keys[keyring.writer], data_key, row)
    return SealedSecret(keyring.writer, wrapped + _encrypt_bytes(data_key, plain, row))


def unseal_secret(keyring: Keyring, sealed: SealedSecret, *, row: str) -> bytes:
    """Return the plain bytes of a sealed secret.

    Raises KeyError without the keyring's key, `InvalidTag` if the data was changed or moved.
    """
    data_key = _decrypt_bytes(keyring.keys[sealed.key_id], sealed.data[:_WRAPPED_KEY_BYTES], row)
    return _decrypt_bytes(data_key, sealed.data[_WRAPPED_KEY_BYTES:], row)


def secret_binding_name(table: str, *key: object) -> str:
    """Return the name that a row's secret is bound to: table and key, such as `job_secret/org/job`; bytes in hex.

    No other row can unseal the secret.
    """
    return "/".join([table, *(part.hex() if isinstance(part, bytes) else str(part) for part in key)])


def _encrypt_bytes(key: bytes, plain: bytes, row: str) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, row.encode())


def _decrypt_bytes(key: bytes, data: bytes, row: str) -> bytes:
    return AESGCM(key).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], row.encode())
