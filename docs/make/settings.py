"""The table of `schemas.settings.Settings`."""

from typing import Any

import msgspec

from docs.make.table import table
from schemas.settings import OWN, Settings

_HEAD = """\
# Settings

Every process reads its settings from the environment, once, at its start, and refuses to start where one
is missing or malformed. `bin/up` makes the ones without a default and keeps them in `.local/env`. Those of
OpenTelemetry (`OTEL_*`) are in [traces, logs and metrics](../howto/observe.md#settings).

"""


def page() -> str:
    """docs/reference/settings.md."""
    schema = msgspec.json.schema(Settings)["$defs"]["Settings"]["properties"]
    names = {
        field.encode_name: OWN.get(field.name, field.encode_name)
        for field in msgspec.structs.fields(Settings)
    }
    rows = (_row(names[key], described) for key, described in schema.items())
    return _HEAD + table(["variable", "default", "values", "meaning"], rows)


def _row(name: str, described: dict[str, Any]) -> list[str]:
    default = described.get("default")
    shown = "required" if default is None else f"`{default}`" if default != "" else "none"
    return [f"`{name}`", shown, _values(described), described["description"]]


def _values(described: dict[str, Any]) -> str:
    """Values that a setting may hold, in words."""
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
