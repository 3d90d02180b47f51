"""Descriptions of fields: the strings below the fields in a class, which Python itself discards."""

import ast
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

import msgspec


def read_descriptions(kind: type) -> dict[str, str]:
    """Return descriptions by field name; a class inherits and may override those of its bases."""
    descriptions: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if issubclass(base, msgspec.Struct) and base is not msgspec.Struct:
            descriptions |= _in_module(base.__module__).get(base.__qualname__, {})
    return descriptions


@cache
def _in_module(name: str) -> dict[str, dict[str, str]]:
    tree = ast.parse(inspect.getsource(sys.modules[name]))
    return {
        node.name: dict(_field_descriptions(node)) for node in tree.body if isinstance(node, ast.ClassDef)
    }


def _field_descriptions(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, below in pairwise(node.body):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, inspect.cleandoc(text)
