"""Help of every command, without heavy imports."""

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from cli.__main__ import COMMAND_HELP_LINES, tenantry

HEAVY = {"litestar", "arq", "bs4", "lxml", "asyncpg", "rich", "httpx", "msgspec", "redis", "uvicorn"}


def walk(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command and group below `command` with its words."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None, name
            yield from walk(child, (*path, name))


TREE = dict(walk(tenantry))


@pytest.mark.parametrize("path", TREE, ids=" ".join)
def test_every_command_and_each_of_its_options_has_help(path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(tenantry, [*path, "--help"])
    assert result.exit_code == 0, result.output
    assert result.output.startswith("Usage: ")
    assert "..." not in result.output.partition("Commands:")[2]
    options = [each for each in TREE[path].params if isinstance(each, click.Option)]
    assert [each.name for each in options if not each.help] == []
    if not isinstance(TREE[path], click.Group):
        assert f"tenantry {' '.join(path)}" in (TREE[path].help or "")
        assert any("--json" in each.opts for each in options) or path == ("api",)


def test_the_command_list_matches_the_docstrings() -> None:
    said = {name: TREE[name,].get_short_help_str(limit=200) for name in COMMAND_HELP_LINES}
    assert said == COMMAND_HELP_LINES


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys; from cli.__main__ import tenantry; tenantry(['--help'], standalone_mode=False);"
        "print(*{name.split('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "doctor" in done.stdout
    assert not HEAVY & set(done.stderr.split())
