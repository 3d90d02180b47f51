"""The table of phases matches the code, and no function of an attempt is recursive."""

import ast
from pathlib import Path

import pytest

from workers.publishing import attempt, loop, phases
from workers.publishing.loop import PUBLISH_PHASE_DEFINITIONS
from workers.publishing.phases import PublishAttemptPhase
from workers.tasks import publish_post

MODULES = (attempt, loop, phases, publish_post)
#: Names before a dot that make the rest a function of these modules.
BASES = {"attempt", "loop", "phases", "self"}


def read() -> dict[str, ast.AST]:
    """Return every function of the modules by its name, which is unique."""
    trees = [ast.parse(Path(str(module.__file__)).read_text()) for module in MODULES]
    found = [node for tree in trees for node in ast.walk(tree)]
    functions = [node for node in found if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    named: dict[str, ast.AST] = {node.name: node for node in functions}
    assert len(named) == len(functions)
    return named


FUNCTIONS = read()


def attributes(name: str) -> list[ast.Attribute]:
    return [node for node in ast.walk(FUNCTIONS[name]) if isinstance(node, ast.Attribute)]


def mentioned(name: str) -> set[str]:
    """Return the functions that this one calls, or passes on to be called."""
    names = {node.id for node in ast.walk(FUNCTIONS[name]) if isinstance(node, ast.Name)}
    dotted = {node.attr for node in attributes(name) if isinstance(node.value, ast.Name) and node.value.id in BASES}
    return (names | dotted) & FUNCTIONS.keys()


def reached(name: str) -> set[str]:
    """Return all functions that it calls, directly or through others."""
    found, ahead = set[str](), mentioned(name)
    while ahead:
        found |= ahead
        ahead = {further for one in ahead for further in mentioned(one)} - found
    return found


def test_the_modules_functions_are_read() -> None:
    assert {row.run.__name__ for row in PUBLISH_PHASE_DEFINITIONS.values()} < FUNCTIONS.keys()
    assert {"run_publish_phases", "find_resumed_publish_phase", "log_and_count_publish_outcome"} <= reached(
        "publish_post"
    )


def test_no_function_calls_itself_directly_or_through_others() -> None:
    assert [name for name in FUNCTIONS if name in reached(name)] == []


@pytest.mark.parametrize("phase", PublishAttemptPhase)
def test_a_phase_matches_its_row(phase: PublishAttemptPhase) -> None:
    row = PUBLISH_PHASE_DEFINITIONS[phase]
    found = [node for name in {row.run.__name__, *reached(row.run.__name__)} for node in attributes(name)]
    follows = {
        node.attr for node in found if isinstance(node.value, ast.Name) and node.value.id == "PublishAttemptPhase"
    }
    calls = {node.attr for node in found if ast.unparse(node.value).endswith("attempt.adapter")}
    assert follows == {one.name for one in row.follows}
    assert calls == ({row.call} if row.call else set())
