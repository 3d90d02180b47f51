"""Tables of what may grow within a version of the API."""

from api.openapi.enums import ENUMS
from docs.make.table import code, table


def enums() -> str:
    """Each enumeration of the document with the values that it has now."""
    rows = [(code(name), code(*one.values)) for name, one in sorted(ENUMS.items())]
    return table(["enumeration", "values now"], rows)
