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


@cache
def functions(path: Path) -> list[Function]:
    """Return a file's functions, cached: all files take 3 s of CPU. Cached syntax trees would take 200 MB."""
    return [
        Function(node.name, node.lineno, (node.end_lineno or node.lineno) - node.lineno + 1, docstring_of(node))
        for node in ast.walk(ast.parse(text(path)))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def docstring_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    return ast.get_docstring(node) or ""
