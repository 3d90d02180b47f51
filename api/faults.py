"""Faults of a body: every one, each with its path, where msgspec stops at the first.

Only a body that was refused is looked through again.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from itertools import islice
from types import UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

import msgspec
from msgspec import UNSET

from api import fault_words
from domain.brand import github_repositories
from domain.projects import projects
from domain.values import countries, languages, metadata, timezones, urls
from schemas.errors import Invalid
from schemas.ingests import Branch, Country, RepoName, Url
from schemas.posts import LocalTime, ScheduledFor
from schemas.projects import Language, Metadata, Name, Status, Zone

#: Faults that one answer names.
MOST = 100

#: Characters of an unknown field's name that an answer repeats.
MOST_NAME = 100

#: Characters of msgspec's words that are looked at.
MOST_WORDS = 1_000

#: What a value has to be beside its shape, by its type.
MEANINGS: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (Zone, timezones.check),
    (Language, languages.check),
    (Name, projects.trimmed),
    (Metadata, partial(metadata.compose, customer_external_id=UNSET)),
    (Status, projects.check_status),
    (ScheduledFor, partial(timezones.read, path="scheduledFor")),
    # Whether the project's clocks ever show it is the verb's to say.
    (LocalTime, partial(timezones.resolve, zone="UTC", path="localTime")),
    # Whether it may be reached depends on this server.
    (Url, lambda url: urls.split(urls.with_scheme(url.strip(" ")))),
    (RepoName, github_repositories.check),
    (Branch, github_repositories.check_branch),
    (Country, partial(countries.check, path="countryCode")),
)

_WHERE = re.compile(r"(?P<what>.*) - at `(?P<path>.*)`", re.DOTALL)
_NAMED = re.compile(r"(?:unknown|required) field `(?P<name>.*)`", re.DOTALL)


class Fault(NamedTuple):
    """A value that can't be, by its path in the form `a.b[0].c`, and why."""

    path: str
    message: str


def find(value: Any, kind: Any) -> Invalid | None:
    """The refusal of a body that was parsed; None where it is of the type."""
    found = [*islice(_of_value(value, kind, "$"), MOST)]
    return Invalid(*found[0], *found[1:]) if found else None


def read(error: msgspec.ValidationError, kind: Any = None) -> Fault:
    """The fault that msgspec's words tell of, in a value of a type."""
    said = str(error)
    if len(said) > MOST_WORDS:
        # The message repeats the caller's value. The reason stands before the value, the path after it.
        said = said[: MOST_WORDS // 2] + said[-MOST_WORDS // 2 :]
    found = _WHERE.fullmatch(said)
    what, path = (found["what"], found["path"]) if found else (said, "$")
    named = _NAMED.search(what)
    full = f"{path}.{named['name']}" if named else path
    return Fault(full.removeprefix("$").removeprefix(".") or "body", fault_words.say(what, kind))


def _of_value(value: Any, kind: Any, path: str) -> Iterator[Fault]:
    for option in _options(kind):
        bare, bounds = _bare(option)
        if _is_struct(bare) and isinstance(value, dict):
            yield from _of_fields(value, bare, path)
            return
        if get_origin(bare) is list and isinstance(value, list):
            wrong = [*_of_leaf(value, Annotated[list[Any], *bounds] if bounds else list[Any], path)]
            yield from wrong
            # One that is too long may have any number of items: each costs time of everybody's.
            for position, item in enumerate(islice(value, MOST if wrong else None)):
                if not _is_right(item, get_args(bare)[0]):
                    yield from _of_value(item, get_args(bare)[0], f"{path}[{position}]")
            return
    yield from _of_leaf(value, kind, path)


def _is_right(value: Any, kind: Any) -> bool:
    """True if the value is valid by its shape alone. Most items of a long list are."""
    if _has_meaning(kind):
        return False
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


@cache
def _has_meaning(kind: Any) -> bool:
    """True if the type, or one that it is made of, is one of `MEANINGS`."""
    if any(kind == meaning for meaning, _ in MEANINGS):
        return True
    bare = _bare(kind)[0]
    parts = [field.type for field in msgspec.structs.fields(bare)] if _is_struct(bare) else get_args(bare)
    return any(map(_has_meaning, parts)) or bool(getattr(bare, "at_least_one", ()))


def _of_fields(value: Mapping[str, Any], struct: type[msgspec.Struct], path: str) -> Iterator[Fault]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    for name in value.keys() - fields.keys():
        yield _shown(f"{path}.{name[:MOST_NAME]}", "is no field of this object")
    for name, field in fields.items():
        if name in value:
            yield from _of_value(value[name], field.type, f"{path}.{name}")
        elif field.required:
            yield _shown(f"{path}.{name}", "is required")
    names: tuple[str, ...] = getattr(struct, "at_least_one", ())
    if names and all(value.get(name) is None for name in names):
        yield _shown(f"{path}.{names[0]}", f"give at least one of {', '.join(names)}")


def _of_leaf(value: Any, kind: Any, path: str) -> Iterator[Fault]:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        fault = read(error, kind)
        inner = "" if fault.path == "body" else fault.path
        separator = "" if inner[:1] in {"", "["} else "."
        yield _shown(f"{path}{separator}{inner}", fault.message)
        return
    for option in _options(kind):
        for meaning, check in MEANINGS:
            if option == meaning and value is not None:
                yield from _meant(value, check)


def _meant(value: Any, check: Callable[[Any], Any]) -> Iterator[Fault]:
    try:
        check(value)
    except Invalid as error:
        yield from (Fault(**issue) for issue in error.details["issues"])


def _shown(path: str, message: str) -> Fault:
    return Fault(path.removeprefix("$").removeprefix(".") or "body", message)


def _options(kind: Any) -> tuple[Any, ...]:
    """The types of a union; any other type alone."""
    return get_args(kind) if get_origin(kind) in {Union, UnionType} else (kind,)


def _bare(kind: Any) -> tuple[Any, tuple[Any, ...]]:
    """A type, and what `Annotated` says of it."""
    return (get_args(kind)[0], get_args(kind)[1:]) if get_origin(kind) is Annotated else (kind, ())


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)
