"""npm packages in `.local/peers`, run by the Node of the extra `dev`."""

from pathlib import Path

from tools.node import LOCAL_FOLDER, find_node_program, install_npm_packages

HERE = Path(__file__).resolve().parent
FOLDER = LOCAL_FOLDER / "peers"
#: Native code of the PDS. Under Node 24.19 and later its version 12 aborts, so the Node is 22.
NATIVE = "better-sqlite3"


def command() -> str:
    """Return the path of the `node` program."""
    return find_node_program()


def install() -> Path:
    """Install the peers' packages, and return their `node_modules`."""
    return install_npm_packages(HERE, FOLDER, native=NATIVE)
