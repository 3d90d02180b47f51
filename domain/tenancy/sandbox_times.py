"""Times in a sandbox's answers: each is shifted by the advance of its clock.

Inside, a sandbox's times are shifted into the past (`domain/tenancy/sandbox_clock.py`).
"""

from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

import msgspec

from schemas.base import Real

T = TypeVar("T")

REAL = timedelta()


def shift_times(content: T, ahead: timedelta) -> T:
    """Return an answer with its times shifted by `ahead`, but for shapes with `Real` times."""
    return cast("T", _shift(content, ahead)) if ahead else content


def _shift(value: Any, ahead: timedelta) -> Any:
    if isinstance(value, datetime):
        return value + ahead
    if isinstance(value, msgspec.Struct):
        return value if isinstance(value, Real) else _struct(value, ahead)
    if isinstance(value, dict):
        return {name: _shift(item, ahead) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_shift(item, ahead) for item in value]
    return value


def _struct(value: msgspec.Struct, ahead: timedelta) -> msgspec.Struct:
    fields = {name: _shift(getattr(value, name), ahead) for name in value.__struct_fields__}
    return msgspec.structs.replace(value, **fields)
