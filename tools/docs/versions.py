"""Table of the enumerations that may grow within a version of the API."""

from api.openapi.enums import ENUMS
from tools.docs.table import code, table


def enums() -> str:
    """Return the table of the OpenAPI document's enumerations with their current values."""
    rows = [(code(name), code(*enum.values)) for name, enum in sorted(ENUMS.items())]
    return table(["enumeration", "values now"], rows)
