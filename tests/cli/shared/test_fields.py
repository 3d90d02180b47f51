"""Fields of -f and -F, and their JSON."""

from typing import Any

import click
import pytest

from cli.shared.fields import build_cli_json_body, parse_cli_request_field


def typed(*given: str) -> dict[str, Any]:
    return build_cli_json_body([parse_cli_request_field(each, typed=True) for each in given])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("-3", -3),
        ("1.5", 1.5),
        ("007", "007"),
        ("1e3", "1e3"),
        ("True", "True"),
        ("", ""),
        ("b=c", "b=c"),
    ],
)
def test_typed_fields_are_literals_or_texts(text: str, value: object) -> None:
    assert typed(f"a={text}") == {"a": value}


def test_a_raw_field_is_always_a_text() -> None:
    fields = [parse_cli_request_field(each, typed=False) for each in ("a=true", "b=1", "c=@file", "d=@-")]
    assert build_cli_json_body(fields) == {"a": "true", "b": "1", "c": "@file", "d": "@-"}


def test_names_nest() -> None:
    assert typed("a[b]=1", "a[c][d]=2", "e[]=3", "e[]=x", "f[g][]=4", "h[]") == {
        "a": {"b": 1, "c": {"d": 2}},
        "e": [3, "x"],
        "f": {"g": [4]},
        "h": [],
    }


def test_a_repeated_name_starts_the_next_object() -> None:
    first = ["t[][id]=1", "t[][mode][x]=a", "t[][mode][y]=b"]
    assert typed(*first, "t[][id]=2", "t[][tags][]=c", "t[][tags][]=d") == {
        "t": [{"id": 1, "mode": {"x": "a", "y": "b"}}, {"id": 2, "tags": ["c", "d"]}]
    }


@pytest.mark.parametrize("given", ["", "a", "=1", "[a]=1", "a[=1", "a]b=1", "a[b]c=1", "a[b]"])
def test_an_invalid_field_is_refused(given: str) -> None:
    with pytest.raises(click.UsageError, match="is not a field"):
        parse_cli_request_field(given, typed=False)


@pytest.mark.parametrize("given", [("a=1", "a=2"), ("a=1", "a[b]=2"), ("a[b]=1", "a[]=2"), ("a[]=1", "a=2")])
def test_conflicting_fields_are_refused(given: tuple[str, ...]) -> None:
    with pytest.raises(click.UsageError, match="given twice"):
        typed(*given)
