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

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_STEP = re.compile(r"\[([^\[\]]*)\]")
_LITERAL = re.compile(r"true|false|null|-?(0|[1-9]\d*)(\.\d+)?")

#: File of a form with its name, or a text.
Part: TypeAlias = tuple[str | None, str | IO[Any]]


class Field(NamedTuple):
    """Field of a request: `text` is None for an empty array; with `typed` it may be a literal."""

    name: str
    text: str | None
    typed: bool = False
    file: str | None = None

    @property
    def value(self) -> Any:
        literal = self.typed and self.text and _LITERAL.fullmatch(self.text)
        return msgspec.json.decode(self.text or "") if literal else self.text


def read_field(argument: str, *, typed: bool) -> Field:
    """Parse a field of the command line. Raise `click.UsageError`."""
    name, equals, text = argument.partition("=")
    if not _NAME.fullmatch(name) or not (equals or name.endswith("[]")):
        raise click.UsageError(
            f"{argument!r} is not a field such as name=value, name[inner]=value or name[]=value"
        )
    if not equals:
        return Field(name, None)
    if typed and text == "@-":
        return Field(name, _hidden(name))
    if typed and text.startswith("@"):
        return Field(name, "", file=text[1:])
    return Field(name, text, typed)


def _hidden(name: str) -> str:
    """Read a text that must stay out of the shell's history and the process list, such as a password."""
    if sys.stdin.isatty():
        return click.prompt(name, hide_input=True, err=True, type=str)
    return sys.stdin.read().removesuffix("\n")


def body_of(fields: Iterable[Field]) -> dict[str, Any]:
    """Return the JSON object of the fields. Raise `click.UsageError` for two conflicting fields."""
    body: dict[str, Any] = {}
    for field in fields:
        _put_value(body, _path(field.name), field)
    return body


def form_of(fields: Iterable[Field]) -> list[tuple[str, Part]]:
    """Return a form's parts in order; files stay open until the command ends and are streamed."""
    return [(field.name, _part(field)) for field in fields]


def _part(field: Field) -> Part:
    if field.file is None:
        return None, field.text or ""
    opened = click.File("rb").convert(field.file, None, click.get_current_context())
    return Path(field.file).name, opened


def _path(name: str) -> list[str]:
    first, steps = _NAME.fullmatch(name).groups()  # type: ignore[union-attr]  # matched by read_field
    return [first, *_STEP.findall(steps)]


def _put_value(into: dict[str, Any], path: Sequence[str], field: Field) -> None:
    first, inner_path = path[0], path[1:]
    if first in into and (
        not inner_path or not isinstance(into[first], list if inner_path[0] == "" else dict)
    ):
        raise click.UsageError(f"{field.name} is given twice, or as two kinds of value")
    if not inner_path:
        into[first] = field.value
    elif inner_path[0] == "":
        _append(into.setdefault(first, []), inner_path[1:], field)
    else:
        _put_value(into.setdefault(first, {}), inner_path, field)


def _append(items: list[Any], path: Sequence[str], field: Field) -> None:
    if not path:
        items += [] if field.text is None else [field.value]
        return
    if not items or not isinstance(items[-1], dict) or _is_name_taken(items[-1], path):
        items.append({})
    _put_value(items[-1], path, field)


def _is_name_taken(item: dict[str, Any], path: Sequence[str]) -> bool:
    """Return whether the name is taken, so that the field belongs to the array's next object."""
    inner = item.get(path[0])
    if path[0] not in item or path[1:2] == [""]:
        return False
    return len(path) == 1 or not isinstance(inner, dict) or _is_name_taken(inner, path[1:])
