"""Functions: each fits on a screen, and its docstring begins with a verb."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.architecture.tree import sources, text

MAX_FUNCTION_LINES = 50

#: First words of a docstring that can't be an imperative verb (PEP 257).
FRAGMENTS = re.compile(
    r"(?:An?|The|This|That|These|Those|It|Its|One|All|Both|Each|Every|None|Nobody|Somebody|Whoever|Whatever"
    r"|Whether|What|Where|Which|Who|Whom|Whose|When|Why|How|If|Of|In|For|By|With|Without)\b"
)


class Function(NamedTuple):
    """A function. `length` is its lines from `def` on, without decorators; `docstring` may be empty."""

    name: str
    line: int
    length: int
    docstring: str


@cache
def functions(path: Path) -> list[Function]:
    """Return a file's functions, cached: all files take 2 s of CPU. Cached syntax trees would take 200 MB."""
    return [
        Function(
            node.name, node.lineno, (node.end_lineno or node.lineno) - node.lineno + 1, ast.get_docstring(node) or ""
        )
        for node in statements(ast.parse(text(path)))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def statements(parent: ast.AST) -> Iterator[ast.AST]:
    """Yield all statements below a node. Expressions have no functions, and are most of the nodes."""
    for field in ("body", "handlers", "cases", "orelse", "finalbody"):
        for node in getattr(parent, field, ()):
            yield node
            yield from statements(node)


def test_no_function_is_longer_than_a_screen() -> None:
    too_long = [
        f"{path}:{function.line} {function.name} has {function.length} lines"
        for path in sources(".py")
        for function in functions(path)
        if function.length > MAX_FUNCTION_LINES
    ]
    assert too_long == []


def test_docstrings_of_functions_begin_with_a_verb() -> None:
    fragments = [
        f"{path}:{function.line} {function.name}: {function.docstring.splitlines()[0]}"
        for path in sources(".py")
        if path.parts[0] != "tests"
        for function in functions(path)
        if FRAGMENTS.match(function.docstring)
    ]
    assert fragments == []
