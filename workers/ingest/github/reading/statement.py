"""What one file says of one field, before it is known where the file lies."""

from typing import NamedTuple

from schemas.brand import Field, Value


class Statement(NamedTuple):
    """`rule` names the place in the file, such as `readme.h1`."""

    field: Field
    value: Value
    confidence: float
    rule: str
