"""What the routes stand on: opened once by the lifespan, found on the application's state."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from redis.asyncio import Redis

from api.auth import Keyring
from api.ratelimit import Limiter
from db.pool import Pool
from domain.rings import Ring
from jobs.courier import Courier
from schemas.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """`clock` gives an aware datetime in UTC."""

    settings: Settings
    pool: Pool
    courier: Courier
    redis: Redis
    peppers: Ring
    vault: Ring
    keyring: Keyring
    limiter: Limiter
    clock: Callable[[], datetime]
