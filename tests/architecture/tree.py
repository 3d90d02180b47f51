"""The tree as git has it or would take it."""

import ast
import subprocess
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]


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


def parsed(path: Path) -> ast.Module:
    """Anew for each reader: to keep all of them costs more than that, in time too, and 200 MB."""
    return ast.parse(text(path))


class Function(NamedTuple):
    """`length` is in lines from `def` on: decorators are a table, not code."""

    name: str
    line: int
    length: int


class Contents(NamedTuple):
    """What a Python file has: its functions, and the names of its classes, arguments and variables."""

    functions: list[Function]
    names: set[str]


@cache
def contents(path: Path) -> Contents:
    found = Contents([], set())
    for node in ast.walk(parsed(path)):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                found.functions.append(Function(name, node.lineno, length))
            case ast.ClassDef(name=name) | ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                found.names.add(name)
    return found
