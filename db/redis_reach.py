"""Reachability of Redis, like `db/reach.py` for Postgres.

It is a separate module, since importing the client takes half the time of a command without Redis.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from redis.exceptions import RedisError

from db.reach import is_uvloop_reset_error
from schemas.errors import RedisCallFailed

#: Includes errors for a truncated or foreign answer, and for a server that is loading, full or read-only.
REDIS_AWAY_ERRORS = (RedisError, OSError)


def is_redis_away_error(error: BaseException) -> bool:
    return isinstance(error, REDIS_AWAY_ERRORS) or is_uvloop_reset_error(error)


@contextmanager
def convert_redis_away_errors() -> Iterator[None]:
    """Convert errors of the block that mean Redis is away or unusable into `RedisCallFailed`; pass others."""
    try:
        yield
    except Exception as error:
        if is_redis_away_error(error):
            raise RedisCallFailed(repr(error)) from error
        raise
