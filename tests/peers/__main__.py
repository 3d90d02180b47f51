"""Installs every peer: `python -m tests.peers`."""

from tests.peers import mastodon_servers, node, pypi

print(node.install())  # noqa: T201  Output of a command.
for name in pypi.PROGRAMS:
    print(pypi.install(name))  # noqa: T201
print(mastodon_servers.install_snac())  # noqa: T201
