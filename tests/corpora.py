"""Real pages and files to read, which lie beside the checkout or where TENANTRY_CORPORA says."""

import os
from pathlib import Path

import pytest

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "corpora"


def corpus(name: str) -> Path:
    """A folder of the corpora; skips the test, saying so, where there are none."""
    folder = Path(os.environ.get("TENANTRY_CORPORA", BESIDE)) / name
    if not folder.is_dir():
        pytest.skip(f"no corpus at {folder}: set TENANTRY_CORPORA")
    return folder
