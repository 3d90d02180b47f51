"""Installs every peer: `python -m tests.peers`."""

from tests.peers import debian, node, pypi

for peer in (node, pypi, debian):
    print(peer.install())  # noqa: T201  What a person who runs it wants to know.
