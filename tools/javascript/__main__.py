"""Entry point `python -m tools.javascript [--write]`: checks the JavaScript, or formats and mends it."""

import subprocess
import sys
from pathlib import Path

from tools.node import LOCAL, install_packages, node_command

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FOLDERS = ("api", "tests", "tools")


def main(*arguments: str) -> int:
    """Run the formatter dprint (`format.mjs`) and the linter Biome (`biome.json`). Return an exit code."""
    modules = install_packages(HERE, LOCAL / "javascript")
    files = [str(path.relative_to(ROOT)) for folder in FOLDERS for path in find_scripts(ROOT / folder)]
    write = "--write" in arguments
    format_code = run(HERE / "format.mjs", str(modules), "write" if write else "check", *files)
    mode = ["check", "--write"] if write else ["ci"]
    biome = modules / "@biomejs" / "biome" / "bin" / "biome"
    lint_code = run(biome, *mode, "--colors=off", "--error-on-warnings", *FOLDERS)
    if format_code or lint_code:
        print("`.venv/bin/python -m tools.javascript --write` formats, and mends what Biome can")
    return format_code or lint_code


def find_scripts(folder: Path) -> list[Path]:
    """Return the JavaScript files of a folder, recursively."""
    return sorted(path for path in folder.rglob("*.*js") if path.suffix in {".js", ".mjs"})


def run(script: Path, *arguments: str) -> int:
    """Run a Node program at the root of the checkout, and return its exit code."""
    return subprocess.run([node_command(), str(script), *arguments], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
