"""Processes that a test finds by their folder: whatever started them."""

from pathlib import Path


def alive_in(folder: Path) -> dict[int, str]:
    """Every process whose current folder is in `folder`: whatever its parent."""
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cwd").readlink().is_relative_to(folder):
                found[int(entry.name)] = (entry / "cmdline").read_text()
        except OSError:
            continue  # it has just ended, or is another user's
    return {pid: words for pid, words in found.items() if words}
