"""Times in a sandbox's answers: each is shifted by the advance of its clock.

Inside, a sandbox's times are shifted into the past (`domain/tenancy/sandbox_clock.py`).
"""

from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

import msgspec

from schemas.base import RealClockResponseStruct

T = TypeVar("T")

NO_TIME_SHIFT = timedelta()


def shift_answer_times(content: T, ahead: timedelta) -> T:
    """Return an API answer with its times moved `ahead` to the sandbox's clock, except in a struct with real times."""
    return cast("T", _shift_answer_value_times(content, ahead)) if ahead else content


def _shift_answer_value_times(value: Any, ahead: timedelta) -> Any:
    if isinstance(value, datetime):
        return value + ahead
    if isinstance(value, msgspec.Struct):
        return value if isinstance(value, RealClockResponseStruct) else _shift_struct_times(value, ahead)
    if isinstance(value, dict):
        return {name: _shift_answer_value_times(item, ahead) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_shift_answer_value_times(item, ahead) for item in value]
    return value


def _shift_struct_times(value: msgspec.Struct, ahead: timedelta) -> msgspec.Struct:
    fields = {name: _shift_answer_value_times(getattr(value, name), ahead) for name in value.__struct_fields__}
    return msgspec.structs.replace(value, **fields)
