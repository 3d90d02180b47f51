"""Text dump of a whole database, and a search for secrets in it."""

from base64 import b64encode
from collections.abc import Iterable

from db.pool import Pool


async def dump_database(pool: Pool) -> str:
    tables = await pool.fetch("select tablename from pg_tables where schemaname = 'public'")
    texts = [await pool.fetchval(f"select string_agg(t::text, ' ') from {table['tablename']} t") for table in tables]
    return " ".join(filter(None, texts))


def find_secrets(secrets: Iterable[str], written: str) -> list[str]:
    """Return the secrets in the dump: plain, in hex as a database shows bytes, or in base 64."""
    return [secret for secret in secrets if any(form in written for form in secret_forms(secret.encode()))]


def secret_forms(secret: bytes) -> list[str]:
    return [secret.decode(), secret.hex(), *(coded(secret, before) for before in range(3))]


def coded(secret: bytes, before: int) -> str:
    """Return the secret's base 64 after `before` bytes (or three more), without shared digits."""
    whole = b64encode(bytes(before) + secret).decode()
    return whole[-(-before * 4 // 3) : (before + len(secret)) * 4 // 3]
