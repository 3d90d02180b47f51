"""Entry point `python -m tools.javascript [--write]`: checks the JavaScript, or formats and mends it."""

import subprocess
import sys
from pathlib import Path

from tools.node import LOCAL_FOLDER, find_node_program, install_npm_packages

JAVASCRIPT_CHECKER_FOLDER = Path(__file__).resolve().parent
CHECKOUT_ROOT_FOLDER = JAVASCRIPT_CHECKER_FOLDER.parents[1]
CHECKED_JAVASCRIPT_FOLDERS = ("api", "tests", "tools")


def main(*arguments: str) -> int:
    """Check the JavaScript with dprint and Biome, or mend it with `--write`. Return an exit code, 0 if both pass."""
    modules = install_npm_packages(JAVASCRIPT_CHECKER_FOLDER, LOCAL_FOLDER / "javascript")
    files = [
        str(path.relative_to(CHECKOUT_ROOT_FOLDER))
        for folder in CHECKED_JAVASCRIPT_FOLDERS
        for path in find_javascript_files(CHECKOUT_ROOT_FOLDER / folder)
    ]
    write = "--write" in arguments
    format_code = run_node_script_in_repository_root(
        JAVASCRIPT_CHECKER_FOLDER / "format.mjs", str(modules), "write" if write else "check", *files
    )
    mode = ["check", "--write"] if write else ["ci"]
    biome = modules / "@biomejs" / "biome" / "bin" / "biome"
    lint_code = run_node_script_in_repository_root(
        biome, *mode, "--colors=off", "--error-on-warnings", *CHECKED_JAVASCRIPT_FOLDERS
    )
    if format_code or lint_code:
        print("`.venv/bin/python -m tools.javascript --write` formats, and mends what Biome can")
    return format_code or lint_code


def find_javascript_files(folder: Path) -> list[Path]:
    """Return the JavaScript files of a folder, recursively."""
    return sorted(path for path in folder.rglob("*.*js") if path.suffix in {".js", ".mjs"})


def run_node_script_in_repository_root(script: Path, *arguments: str) -> int:
    """Run a Node program in the root folder of the checkout, and return its exit code."""
    return subprocess.run(
        [find_node_program(), str(script), *arguments], cwd=CHECKOUT_ROOT_FOLDER, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
