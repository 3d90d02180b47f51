"""Reachability of Redis, as `db/reach.py` has it of Postgres.

It is by itself, since the client takes as long to import as half of a command of ours that asks no Redis.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from redis.exceptions import RedisError

from db.reach import is_reset
from schemas.errors import RedisAway

#: Also its errors for half an answer, one that isn't Redis's, and one that loads, is full or only reads.
REDIS_AWAY = (RedisError, OSError)


def is_redis_away(error: BaseException) -> bool:
    return isinstance(error, REDIS_AWAY) or is_reset(error)


@contextmanager
def reaching_redis() -> Iterator[None]:
    """Raises `RedisAway` while Redis is away."""
    try:
        yield
    except Exception as error:
        if is_redis_away(error):
            raise RedisAway(repr(error)) from error
        raise
