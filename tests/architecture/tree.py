"""The tree as git has it or would take it."""

import ast
import subprocess
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def tracked() -> list[Path]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [Path(line) for line in listed.splitlines() if (ROOT / line).is_file()]


def sources(*suffixes: str) -> list[Path]:
    return [path for path in tracked() if path.suffix in suffixes]


@cache
def text(path: Path) -> str:
    return (ROOT / path).read_text("utf-8")


class Function(NamedTuple):
    """`length` is in lines from `def` on: decorators are a table, not code."""

    name: str
    line: int
    length: int


class Contents(NamedTuple):
    """What a Python file has: its functions, the names of its classes, arguments and variables, docstrings.

    Those are left out that the API's document shows: they answer a caller of the API.
    """

    functions: list[Function]
    names: set[str]
    docstrings: list[str]


@cache
def contents(path: Path) -> Contents:
    """Of one look at the file: all of them take 3 s of CPU. To keep the trees takes more, and 200 MB."""
    found = Contents([], set(), [])
    for node in ast.walk(ast.parse(text(path))):
        if isinstance(node, DOCUMENTED) and not shown(path, node):
            found.docstrings.append(ast.get_docstring(node) or "")
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                found.functions.append(Function(name, node.lineno, length))
            case ast.ClassDef(name=name) | ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                found.names.add(name)
    return found


def shown(path: Path, node: ast.AST) -> bool:
    """Whether the API's document shows its docstring."""
    match node:
        case ast.FunctionDef(decorator_list=[_, *_]) | ast.AsyncFunctionDef(decorator_list=[_, *_]):
            return path.parent == Path("api/routes")
        case ast.ClassDef():
            return path.parent == Path("schemas")
        case _:
            return False
