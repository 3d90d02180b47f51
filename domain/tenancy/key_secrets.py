"""Secrets of keys: 43 characters, of which only an HMAC under a pepper is kept."""

import hashlib
import hmac
import secrets
from typing import NamedTuple

from domain.security.keyring import Keyring

#: A hash that no secret has: random bytes of this process.
_NOBODYS = secrets.token_bytes(hashlib.sha256().digest_size)


class Hashed(NamedTuple):
    """Columns of a row: the hash of its secret, and the id of the pepper that it was made with."""

    secret_hash: bytes
    pepper_id: str


class Kept(NamedTuple):
    """Columns of a row: its secret's hash, and the old one's (or None) in the overlap of a rotation."""

    secret_hash: bytes
    pepper_id: str
    old_secret_hash: bytes | None
    old_pepper_id: str


def make(peppers: Keyring) -> tuple[str, Hashed]:
    """A new secret, and what is kept of it."""
    secret = secrets.token_urlsafe(32)
    return secret, Hashed(_digest(secret, peppers, peppers.writer), peppers.writer)


def opens(secret: str, peppers: Keyring, kept: Kept | None) -> bool:
    """True if the secret is the row's, or its old one in the overlap of a rotation; in constant time.

    As many hashes are made and compared for an id that nobody has (None), or that was never rotated: the
    time tells nobody which ids there are.
    """
    hashes = [Hashed(_NOBODYS, peppers.writer)] * 2
    if kept is not None:
        hashes[0] = Hashed(kept.secret_hash, kept.pepper_id)
        if kept.old_secret_hash is not None:
            hashes[1] = Hashed(kept.old_secret_hash, kept.old_pepper_id)
    same = [hmac.compare_digest(_digest(secret, peppers, one.pepper_id), one.secret_hash) for one in hashes]
    return any(same)


def _digest(secret: str, peppers: Keyring, pepper_id: str) -> bytes:
    return hmac.digest(peppers.keys[pepper_id], secret.encode(), hashlib.sha256)
