"""The time that callers of a sandbox see: what leaves is moved as far ahead as its clock is.

Within, a sandbox's times are as old as its clock makes them (`domain/tenancy/sandbox_clock.py`).
"""

from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

import msgspec

from schemas.base import Real

T = TypeVar("T")

REAL = timedelta()


def shown(content: T, ahead: timedelta) -> T:
    """The same answer with each of its times so much later, but for shapes whose times are `Real`."""
    return cast("T", _shown(content, ahead)) if ahead else content


def _shown(value: Any, ahead: timedelta) -> Any:
    if isinstance(value, datetime):
        return value + ahead
    if isinstance(value, msgspec.Struct):
        return value if isinstance(value, Real) else _struct(value, ahead)
    if isinstance(value, dict):
        return {name: _shown(item, ahead) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(item, ahead) for item in value]
    return value


def _struct(value: msgspec.Struct, ahead: timedelta) -> msgspec.Struct:
    fields = {name: _shown(getattr(value, name), ahead) for name in value.__struct_fields__}
    return msgspec.structs.replace(value, **fields)
