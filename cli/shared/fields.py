"""Fields of a request, given to `tenantry api` with -f and -F.

Names nest as in `gh api`: `a[b]=c` is an object, `a[]=c` an array. In an array of objects
(`a[][b]=c`) a repeated name starts the next object. Unlike in `gh`, `@FILE` is not
read into the JSON: this API takes files as parts of a form.
"""

import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeAlias

import click
import msgspec

_NESTED_FIELD_OPTION_NAME_PATTERN = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_FIELD_OPTION_NAME_BRACKET_PATTERN = re.compile(r"\[([^\[\]]*)\]")
_OPTION_JSON_LITERAL_PATTERN = re.compile(r"true|false|null|-?(0|[1-9]\d*)(\.\d+)?")

#: File of a form with its name, or a text.
FormPart: TypeAlias = tuple[str | None, str | IO[Any]]


class CliRequestFieldValue(NamedTuple):
    """Field of a request: `text` is None for an empty array; with `typed` it may be a literal."""

    name: str
    text: str | None
    typed: bool = False
    file: str | None = None

    @property
    def value(self) -> Any:
        literal = self.typed and self.text and _OPTION_JSON_LITERAL_PATTERN.fullmatch(self.text)
        return msgspec.json.decode(self.text or "") if literal else self.text


def parse_cli_request_field(argument: str, *, typed: bool) -> CliRequestFieldValue:
    """Parse `name=value` or `name[]` into a field, with `typed` also literals and `@FILE`. Raise `click.UsageError`."""
    name, equals, text = argument.partition("=")
    if not _NESTED_FIELD_OPTION_NAME_PATTERN.fullmatch(name) or not (equals or name.endswith("[]")):
        raise click.UsageError(f"{argument!r} is not a field such as name=value, name[inner]=value or name[]=value")
    if not equals:
        return CliRequestFieldValue(name, None)
    if typed and text == "@-":
        return CliRequestFieldValue(name, _prompt_for_text_or_read_stdin(name))
    if typed and text.startswith("@"):
        return CliRequestFieldValue(name, "", file=text[1:])
    return CliRequestFieldValue(name, text, typed)


def _prompt_for_text_or_read_stdin(name: str) -> str:
    """Return a text from a prompt, or stdin if no terminal, to keep it from shell history and process list."""
    if sys.stdin.isatty():
        return click.prompt(name, hide_input=True, err=True, type=str)
    return sys.stdin.read().removesuffix("\n")


def build_cli_json_body(fields: Iterable[CliRequestFieldValue]) -> dict[str, Any]:
    """Return request fields as one nested JSON object. Raise `click.UsageError` for two conflicting fields."""
    body: dict[str, Any] = {}
    for field in fields:
        _put_nested_field_value(body, _parse_cli_field_path(field.name), field)
    return body


def build_cli_form_parts(fields: Iterable[CliRequestFieldValue]) -> list[tuple[str, FormPart]]:
    """Return a form's parts in order, with files open for streaming. Raise click's error for an unreadable one."""
    return [(field.name, _build_multipart_field(field)) for field in fields]


def _build_multipart_field(field: CliRequestFieldValue) -> FormPart:
    if field.file is None:
        return None, field.text or ""
    opened = click.File("rb").convert(field.file, None, click.get_current_context())
    return Path(field.file).name, opened


def _parse_cli_field_path(name: str) -> list[str]:
    first, steps = _NESTED_FIELD_OPTION_NAME_PATTERN.fullmatch(name).groups()  # type: ignore[union-attr]  # matched by parse_cli_request_field
    return [first, *_FIELD_OPTION_NAME_BRACKET_PATTERN.findall(steps)]


def _put_nested_field_value(into: dict[str, Any], path: Sequence[str], field: CliRequestFieldValue) -> None:
    first, inner_path = path[0], path[1:]
    if first in into and (not inner_path or not isinstance(into[first], list if inner_path[0] == "" else dict)):
        raise click.UsageError(f"{field.name} is given twice, or as two kinds of value")
    if not inner_path:
        into[first] = field.value
    elif inner_path[0] == "":
        _append_field_to_array(into.setdefault(first, []), inner_path[1:], field)
    else:
        _put_nested_field_value(into.setdefault(first, {}), inner_path, field)


def _append_field_to_array(items: list[Any], path: Sequence[str], field: CliRequestFieldValue) -> None:
    if not path:
        items += [] if field.text is None else [field.value]
        return
    if not items or not isinstance(items[-1], dict) or _has_value_at_field_path(items[-1], path):
        items.append({})
    _put_nested_field_value(items[-1], path, field)


def _has_value_at_field_path(item: dict[str, Any], path: Sequence[str]) -> bool:
    """Return whether an array's last object has a value at the field's path: the field then begins a new object.

    False for a path to an inner array, which grows instead.
    """
    inner = item.get(path[0])
    if path[0] not in item or path[1:2] == [""]:
        return False
    return len(path) == 1 or not isinstance(inner, dict) or _has_value_at_field_path(inner, path[1:])
