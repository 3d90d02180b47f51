"""Installs every peer: `python -m tests.peers`. Skips a peer that needs a newer Python."""

from tests.peers import mastodon_servers, node, pypi

print(node.install())  # noqa: T201  Output of a command.
for name in pypi.PROGRAMS:
    try:
        print(pypi.install(name))  # noqa: T201
    except pypi.NoPython as error:
        print(f"{name} is left out: {error}")  # noqa: T201
print(mastodon_servers.install_snac())  # noqa: T201
