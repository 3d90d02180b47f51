"""Examples of the document: a real request and its answer for each operation.

tests/api/examples runs them as a story against a running API and writes them: `python -m tests.api.examples`.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

OPENAPI_EXAMPLE_FILE_SUFFIX = ".json"


class OpenApiExample(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An example; `parameters` by name. `body` and `answer` are unset if absent or not text.

    `form` is an alternative to a `body`.
    """

    parameters: dict[str, Any]
    body: Any | UnsetType = UNSET
    form: Any | UnsetType = UNSET
    status: int
    answer: Any | UnsetType = UNSET


@cache
def load_openapi_examples() -> Mapping[str, OpenApiExample]:
    """Load the recorded examples of requests and answers, by operation id; cached."""
    folder = files("api.openapi") / "examples"
    example_files = [file for file in folder.iterdir() if file.name.endswith(OPENAPI_EXAMPLE_FILE_SUFFIX)]
    return {
        file.name.removesuffix(OPENAPI_EXAMPLE_FILE_SUFFIX): msgspec.json.decode(file.read_bytes(), type=OpenApiExample)
        for file in example_files
    }


def find_openapi_example(operation: str, part: Literal["body", "form", "answer"]) -> dict[str, Any]:
    """Return `{"example": ...}` for an operation's body, form or answer; empty without an example."""
    example = load_openapi_examples().get(operation)
    value = UNSET if example is None else getattr(example, part)
    return {} if value is UNSET else {"example": value}


def find_openapi_parameter_example(operation: str, name: str) -> dict[str, Any]:
    """Return `{"example": ...}` for a parameter of an operation; empty without an example."""
    example = load_openapi_examples().get(operation)
    return {"example": example.parameters[name]} if example and name in example.parameters else {}
