"""Installs every peer: `python -m tests.peers`."""

from tests.peers import debian, node, pypi

for program in (node.install(), *map(pypi.install, pypi.PROGRAMS), debian.install()):
    print(program)  # noqa: T201  What a person who runs it wants to know.
