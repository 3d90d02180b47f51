"""Validation errors of a body: lists all of them with their paths, while msgspec stops at the first.

Only a refused body is checked again.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from itertools import islice
from types import UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

import msgspec
from msgspec import UNSET

from api.http import validation_messages
from domain.brand import github_repositories
from domain.projects import projects
from domain.values import countries, languages, metadata, ssrf_guard, timezones
from schemas.errors import InvalidValue
from schemas.ingests import GitBranch, GitHubRepoName, IngestUrl, StoreCountry
from schemas.posts import ScheduledLocalTime, ScheduledUtcTime
from schemas.projects import LanguageTag, ProjectMetadata, ProjectName, ProjectStatus, TimeZoneName

#: Maximum number of errors in a response.
MAX_BODY_ERRORS = 100

#: Maximum characters of an unknown field's name in a response.
MAX_SHOWN_FIELD_NAME_CHARACTERS = 100

#: Maximum characters of msgspec's message that are parsed.
MAX_PARSED_MSGSPEC_MESSAGE_CHARACTERS = 1_000

#: Additional checks of a value by its type, after the check of its shape.
BODY_VALUE_CHECKS: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (TimeZoneName, timezones.check_timezone),
    (LanguageTag, languages.check_language_tag),
    (ProjectName, projects.trim_project_name),
    (ProjectMetadata, partial(metadata.put_customer_id_in_project_metadata, customer_external_id=UNSET)),
    (ProjectStatus, projects.check_patched_project_status),
    (ScheduledUtcTime, partial(timezones.parse_utc_time, path="scheduledFor")),
    # The domain function checks whether the local time exists in the project's zone.
    (ScheduledLocalTime, partial(timezones.resolve_local_time, zone="UTC", path="localTime")),
    # Whether the address may be fetched depends on this server and is checked later.
    (IngestUrl, lambda url: ssrf_guard.split_http_url(ssrf_guard.add_url_scheme(url.strip(" ")))),
    (GitHubRepoName, github_repositories.parse_repository_name),
    (GitBranch, github_repositories.check_branch_name),
    (StoreCountry, partial(countries.check_country_code, path="countryCode")),
)

_MSGSPEC_ERROR_PATH_PATTERN = re.compile(r"(?P<what>.*) - at `(?P<path>.*)`", re.DOTALL)
_MSGSPEC_FIELD_NAME_PATTERN = re.compile(r"(?:unknown|required) field `(?P<name>.*)`", re.DOTALL)


class FieldError(NamedTuple):
    """An invalid value: its path in the form `a.b[0].c`, and a message."""

    path: str
    message: str


def find_body_errors(value: Any, kind: Any) -> InvalidValue | None:
    """Validate a parsed body against a type; return up to `MAX_BODY_ERRORS` errors as one `InvalidValue`, or None."""
    errors = [*islice(_find_value_errors(value, kind, "$"), MAX_BODY_ERRORS)]
    return InvalidValue(*errors[0], *errors[1:]) if errors else None


def parse_msgspec_error(error: msgspec.ValidationError, kind: Any = None) -> FieldError:
    """Parse msgspec's error into the path of the invalid value and a message for callers of the API."""
    text = str(error)
    if len(text) > MAX_PARSED_MSGSPEC_MESSAGE_CHARACTERS:
        # The message repeats the caller's value. The reason stands before the value, the path after it.
        text = text[: MAX_PARSED_MSGSPEC_MESSAGE_CHARACTERS // 2] + text[-MAX_PARSED_MSGSPEC_MESSAGE_CHARACTERS // 2 :]
    place = _MSGSPEC_ERROR_PATH_PATTERN.fullmatch(text)
    reason, path = (place["what"], place["path"]) if place else (text, "$")
    named = _MSGSPEC_FIELD_NAME_PATTERN.search(reason)
    full = f"{path}.{named['name']}" if named else path
    return FieldError(
        full.removeprefix("$").removeprefix(".") or "body", validation_messages.translate_msgspec_message(reason, kind)
    )


def _find_value_errors(value: Any, kind: Any, path: str) -> Iterator[FieldError]:
    for option in _union_members(kind):
        bare, bounds = _split_annotated(option)
        if _is_struct(bare) and isinstance(value, dict):
            yield from _find_struct_errors(value, bare, path)
            return
        if get_origin(bare) is list and isinstance(value, list):
            wrong = [*_find_leaf_value_errors(value, Annotated[list[Any], *bounds] if bounds else list[Any], path)]
            yield from wrong
            # A list over its limit may have any number of items: only the first `MAX_BODY_ERRORS` are
            # checked.
            for position, item in enumerate(islice(value, MAX_BODY_ERRORS if wrong else None)):
                if not _does_json_value_fully_match_type(item, get_args(bare)[0]):
                    yield from _find_value_errors(item, get_args(bare)[0], f"{path}[{position}]")
            return
    yield from _find_leaf_value_errors(value, kind, path)


def _does_json_value_fully_match_type(value: Any, kind: Any) -> bool:
    """Return whether msgspec accepts the value as the type, which then needs no further check.

    Returns False for a type that needs further checks. The check is fast for most items of a long list.
    """
    if _does_type_need_extra_value_checks(kind):
        return False
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


@cache
def _does_type_need_extra_value_checks(kind: Any) -> bool:
    """Return whether the type, or one inside it, is in `BODY_VALUE_CHECKS` or has `at_least_one` fields."""
    if any(kind == meaning for meaning, _ in BODY_VALUE_CHECKS):
        return True
    bare = _split_annotated(kind)[0]
    parts = [field.type for field in msgspec.structs.fields(bare)] if _is_struct(bare) else get_args(bare)
    return any(map(_does_type_need_extra_value_checks, parts)) or bool(getattr(bare, "at_least_one", ()))


def _find_struct_errors(value: Mapping[str, Any], struct: type[msgspec.Struct], path: str) -> Iterator[FieldError]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    for name in value.keys() - fields.keys():
        yield _build_field_error(f"{path}.{name[:MAX_SHOWN_FIELD_NAME_CHARACTERS]}", "is not a field of this object")
    for name, field in fields.items():
        if name in value:
            yield from _find_value_errors(value[name], field.type, f"{path}.{name}")
        elif field.required:
            yield _build_field_error(f"{path}.{name}", "is required")
    names: tuple[str, ...] = getattr(struct, "at_least_one", ())
    if names and all(value.get(name) is None for name in names):
        yield _build_field_error(f"{path}.{names[0]}", f"send at least one of {', '.join(names)}")


def _find_leaf_value_errors(value: Any, kind: Any, path: str) -> Iterator[FieldError]:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        fault = parse_msgspec_error(error, kind)
        inner = "" if fault.path == "body" else fault.path
        separator = "" if inner[:1] in {"", "["} else "."
        yield _build_field_error(f"{path}{separator}{inner}", fault.message)
        return
    for option in _union_members(kind):
        for meaning, check in BODY_VALUE_CHECKS:
            if option == meaning and value is not None:
                yield from _find_value_check_errors(value, check)


def _find_value_check_errors(value: Any, check: Callable[[Any], Any]) -> Iterator[FieldError]:
    try:
        check(value)
    except InvalidValue as error:
        yield from (FieldError(**issue) for issue in error.details["issues"])


def _build_field_error(path: str, message: str) -> FieldError:
    return FieldError(path.removeprefix("$").removeprefix(".") or "body", message)


def _union_members(kind: Any) -> tuple[Any, ...]:
    """Return the types of a union; any other type alone."""
    return get_args(kind) if get_origin(kind) in {Union, UnionType} else (kind,)


def _split_annotated(kind: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return a type and its `Annotated` metadata."""
    return (get_args(kind)[0], get_args(kind)[1:]) if get_origin(kind) is Annotated else (kind, ())


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)
