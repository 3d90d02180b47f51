"""Page of the table of all settings, those of the platforms too."""

from typing import Any

import msgspec

from schemas.settings import SETTING_NAMES_WITH_PRODUCT_PREFIX, Settings
from tools.docs.table import markdown_table

_SETTINGS_DOC_MARKDOWN_INTRO = """\
# Settings

Every process reads its settings once from the environment, at its start, and refuses to start with a
missing or malformed setting. `bin/up` creates the settings without a default and stores them in `.local/env`.
OpenTelemetry's settings (`OTEL_*`) are in [traces, logs and metrics](../howto/observe.md#settings).

"""


def render_settings_page() -> str:
    """Return the text of docs/reference/settings.md: a table of all settings."""
    schema = msgspec.json.schema(Settings)["$defs"]["Settings"]["properties"]
    names = {
        field.encode_name: SETTING_NAMES_WITH_PRODUCT_PREFIX.get(field.name, field.encode_name)
        for field in msgspec.structs.fields(Settings)
    }
    rows = (_format_setting_row(names[key], described) for key, described in schema.items())
    return _SETTINGS_DOC_MARKDOWN_INTRO + markdown_table(["variable", "default", "values", "meaning"], rows)


def _format_setting_row(name: str, described: dict[str, Any]) -> list[str]:
    default = described.get("default")
    default_text = "required" if default is None else f"`{default}`" if default != "" else "none"
    return [f"`{name}`", default_text, _describe_setting_values(described), described["description"]]


def _describe_setting_values(described: dict[str, Any]) -> str:
    """Return the words for the allowed values of a setting: a list, a range, or `text`."""
    match described:
        case {"enum": values}:
            return ", ".join(f"`{value}`" for value in values)
        case {"minimum": least, "maximum": most}:
            return f"{least} to {most}"
        case {"minimum": least}:
            return f"{least} or more"
        case {"exclusiveMinimum": bound}:
            return f"above {bound}"
    return "text"
