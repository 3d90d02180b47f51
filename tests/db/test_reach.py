"""Client errors that count as an absence of each server, without errors of our own."""

import asyncio

import asyncpg
import pytest
from redis import exceptions

from db.reach import TRANSIENT_POSTGRES_ERRORS, convert_postgres_away_errors, means_postgres_away
from db.redis_reach import convert_redis_away_errors, is_redis_away_error
from schemas.errors import RedisCallFailed, ServiceUnavailable

RESET = RuntimeError(
    "unable to perform operation on <TCPTransport closed=True reading=False 0x1>; the handler is closed"
)

POSTGRES = [
    ConnectionResetError(),
    TimeoutError(),
    RESET,
    asyncpg.InterfaceError("connection is closed"),
    asyncpg.InternalClientError("got result for unknown protocol state"),
    *map(
        asyncpg.PostgresError.new,
        [
            *({"C": code} for code in ("08000", "08001", "08003", "08004", "08006", "25006", "25P03")),
            *({"C": code} for code in ("53100", "53200", "53300", "55P03", "57P01", "57P02", "57P03")),
            *({"C": code} for code in ("57P05", "58030")),
        ],
    ),
]

REDIS = [
    ConnectionResetError(),
    TimeoutError(),
    RESET,
    exceptions.ConnectionError(),
    exceptions.TimeoutError(),
    exceptions.BusyLoadingError(),
    exceptions.InvalidResponse("Protocol error"),
    exceptions.ReadOnlyError(),
    exceptions.OutOfMemoryError(),
    exceptions.ResponseError("MISCONF"),
]

#: Our own faults, which a retry would only hide.
FAULTS = [
    asyncio.CancelledError(),
    RuntimeError("Event loop is closed"),
    ValueError(),
    asyncpg.DataError("invalid input for query argument $1"),
    asyncpg.UndefinedColumnError(""),
    asyncpg.UniqueViolationError(""),
]


@pytest.mark.parametrize("error", POSTGRES, ids=repr)
def test_postgres_is_away(error: Exception) -> None:
    with pytest.raises(ServiceUnavailable) as raised, convert_postgres_away_errors():
        raise error
    assert raised.value.__cause__ is error


@pytest.mark.parametrize("error", REDIS, ids=repr)
def test_redis_is_away(error: Exception) -> None:
    with pytest.raises(RedisCallFailed) as raised, convert_redis_away_errors():
        raise error
    assert raised.value.__cause__ is error


@pytest.mark.parametrize("error", FAULTS, ids=repr)
def test_a_fault_is_no_absence(error: BaseException) -> None:
    assert not means_postgres_away(error)
    assert not is_redis_away_error(error)
    assert not isinstance(error, TRANSIENT_POSTGRES_ERRORS)
