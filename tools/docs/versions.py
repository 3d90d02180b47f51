"""Table of the enumerations that may grow within a version of the API."""

from api.openapi.enums import OPENAPI_ENUMS
from tools.docs.table import backtick_words, markdown_table


def render_openapi_enum_table() -> str:
    """Return the table of the OpenAPI document's enumerations with their current values."""
    rows = [(backtick_words(name), backtick_words(*enum.values)) for name, enum in sorted(OPENAPI_ENUMS.items())]
    return markdown_table(["enumeration", "values now"], rows)
