"""Files of the repository: tracked by git, or untracked and not ignored."""

import ast
import subprocess
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
DOCSTRING_NODES = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def tracked() -> list[Path]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    output = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [Path(line) for line in output.splitlines() if (ROOT / line).is_file()]


def sources(*suffixes: str) -> list[Path]:
    return [path for path in tracked() if path.suffix in suffixes]


@cache
def text(path: Path) -> str:
    return (ROOT / path).read_text("utf-8")


class Function(NamedTuple):
    """A function. `length` is its lines from `def` on, without decorators; `docstring` may be empty."""

    name: str
    line: int
    length: int
    docstring: str


class Contents(NamedTuple):
    """Functions, docstrings, and names of classes, arguments and variables of a Python file.

    Docstrings in the OpenAPI document are left out: their readers are the API's callers.
    """

    functions: list[Function]
    names: set[str]
    docstrings: list[str]


@cache
def contents(path: Path) -> Contents:
    """Return a file's contents, cached: all files take 3 s of CPU. Cached syntax trees would take 200 MB."""
    parsed = Contents([], set(), [])
    for node in ast.walk(ast.parse(text(path))):
        if isinstance(node, DOCSTRING_NODES) and not is_in_openapi_document(path, node):
            parsed.docstrings.append(ast.get_docstring(node) or "")
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                parsed.functions.append(Function(name, node.lineno, length, ast.get_docstring(node) or ""))
            case ast.ClassDef(name=name) | ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                parsed.names.add(name)
    return parsed


def is_in_openapi_document(path: Path, node: ast.AST) -> bool:
    """Return whether the OpenAPI document contains its docstring."""
    match node:
        case ast.FunctionDef(decorator_list=[_, *_]) | ast.AsyncFunctionDef(decorator_list=[_, *_]):
            return path.parent == Path("api/routes")
        case ast.ClassDef():
            return path.parent == Path("schemas")
        case _:
            return False
