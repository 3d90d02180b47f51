"""Secrets at rest: AES-256-GCM, a data key for each row, bound to its row.

The stored format is `nonce, wrapped data key, nonce, ciphertext`. The row name is associated data of both, so
a value that was copied into another row can't be opened.
"""

import os
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.security.keyring import Keyring
from schemas.setting_values import KEY_BYTES

_NONCE = 12
_WRAPPED = _NONCE + KEY_BYTES + 16


class Sealed(NamedTuple):
    """`key_id` is the id of the keyring's key that opens `data`."""

    key_id: str
    data: bytes


def seal(keyring: Keyring, plain: bytes, *, row: str) -> Sealed:
    """Seal a secret; `row` is table and primary key, such as `idempotency_key/org/key`."""
    data_key = AESGCM.generate_key(KEY_BYTES * 8)
    wrapped = _encrypt(keyring.keys[keyring.writer], data_key, row)
    return Sealed(keyring.writer, wrapped + _encrypt(data_key, plain, row))


def unseal(keyring: Keyring, sealed: Sealed, *, row: str) -> bytes:
    """Open a secret.

    Raises KeyError without the keyring's key, `InvalidTag` if the data was changed or moved.
    """
    data_key = _decrypt(keyring.keys[sealed.key_id], sealed.data[:_WRAPPED], row)
    return _decrypt(data_key, sealed.data[_WRAPPED:], row)


def _encrypt(key: bytes, plain: bytes, row: str) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, row.encode())


def _decrypt(key: bytes, data: bytes, row: str) -> bytes:
    return AESGCM(key).decrypt(data[:_NONCE], data[_NONCE:], row.encode())
