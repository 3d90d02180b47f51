"""Page of the table of all settings, those of the platforms too."""

from typing import Any

import msgspec

from schemas.settings import OWN_NAMES, Settings
from tools.docs.table import table

_HEAD = """\
# Settings

Every process reads its settings once from the environment, at its start, and refuses to start with a
missing or malformed setting. `bin/up` creates the settings without a default and stores them in `.local/env`.
OpenTelemetry's settings (`OTEL_*`) are in [traces, logs and metrics](../howto/observe.md#settings).

"""


def render_settings_page() -> str:
    """Return the text of docs/reference/settings.md."""
    schema = msgspec.json.schema(Settings)["$defs"]["Settings"]["properties"]
    names = {
        field.encode_name: OWN_NAMES.get(field.name, field.encode_name)
        for field in msgspec.structs.fields(Settings)
    }
    rows = (_row(names[key], described) for key, described in schema.items())
    return _HEAD + table(["variable", "default", "values", "meaning"], rows)


def _row(name: str, described: dict[str, Any]) -> list[str]:
    default = described.get("default")
    default_text = "required" if default is None else f"`{default}`" if default != "" else "none"
    return [f"`{name}`", default_text, _values(described), described["description"]]


def _values(described: dict[str, Any]) -> str:
    """Describe the allowed values of a setting."""
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
