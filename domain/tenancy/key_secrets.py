"""Secrets of keys: 43 characters; only an HMAC under a pepper is stored."""

import hashlib
import hmac
import secrets
from typing import NamedTuple

from domain.security.keyring import Keyring

#: Hash that no secret has: random bytes of this process.
_DUMMY_HASH = secrets.token_bytes(hashlib.sha256().digest_size)


class HashedSecret(NamedTuple):
    """Hash of a row's secret, and the id of its pepper."""

    secret_hash: bytes
    pepper_id: str


class CurrentAndOldHashes(NamedTuple):
    """Hash of a row's secret, and of the old one (or None) during a rotation's overlap."""

    secret_hash: bytes
    pepper_id: str
    old_secret_hash: bytes | None
    old_pepper_id: str


def make_key_secret(peppers: Keyring) -> tuple[str, HashedSecret]:
    """Create a random secret for an API key or an app key; return it, and its hash with the pepper's id."""
    secret = secrets.token_urlsafe(32)
    return secret, HashedSecret(_hash_with_pepper(secret, peppers, peppers.writer), peppers.writer)


def secret_matches(secret: str, peppers: Keyring, kept: CurrentAndOldHashes | None) -> bool:
    """Return whether a secret has the stored hash or, during a rotation, the old one; False if `kept` is None.

    Compares in constant time. An unknown key id (None) and a key without a rotation cost as many hashes and
    comparisons, so the time doesn't reveal existing ids.
    """
    hashes = [HashedSecret(_DUMMY_HASH, peppers.writer)] * 2
    if kept is not None:
        hashes[0] = HashedSecret(kept.secret_hash, kept.pepper_id)
        if kept.old_secret_hash is not None:
            hashes[1] = HashedSecret(kept.old_secret_hash, kept.old_pepper_id)
    same = [
        hmac.compare_digest(_hash_with_pepper(secret, peppers, entry.pepper_id), entry.secret_hash) for entry in hashes
    ]
    return any(same)


def _hash_with_pepper(secret: str, peppers: Keyring, pepper_id: str) -> bytes:
    return hmac.digest(peppers.keys[pepper_id], secret.encode(), hashlib.sha256)
