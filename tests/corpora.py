"""Corpora of real pages and files, in a folder next to the checkout or at TENANTRY_CORPORA."""

import os
from pathlib import Path

import pytest

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "corpora"


def corpus(name: str) -> Path:
    """Return a folder of the corpora; skip the test with a message if there are none."""
    folder = Path(os.environ.get("TENANTRY_CORPORA", BESIDE)) / name
    if not folder.is_dir():
        pytest.skip(f"no corpus at {folder}: set TENANTRY_CORPORA")
    return folder
