"""Texts of the install spec, checked by third-party parsers. `web_module` runs those of `web` and `vite`."""

import json
import plistlib
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from domain.apps import install_spec
from schemas.apps import AppPlatform
from tests.peers import node

pytestmark = pytest.mark.peers

PARSE = Path(__file__).with_name("clients") / "parse.cjs"
#: Names of the files for the snippets.
INTO: Mapping[AppPlatform, str] = {
    "react-native": "App.tsx", "expo": "App.tsx", "nextjs": "layout.jsx", "vite": "main.js",
    "react-router": "root.jsx",
}  # fmt: skip


def texts(*platforms: AppPlatform) -> dict[str, str]:
    """Return every text for a product, by file name."""
    shown = install_spec.build_sdk_install_spec(
        app_id="app_1", endpoint="https://api.example/v1/apps/app_1/events", public_url="https://api.example",
        platforms=platforms,
    )  # fmt: skip
    return {
        f"{one.platform}/{path}": text
        for one in shown.platforms
        for path, text in [
            (INTO.get(one.platform, "snippet"), one.init_snippet),
            *((file.path, file.content) for file in one.files),
        ]
    }


def complaints(given: Mapping[str, str]) -> list[str]:
    words = [node.command(), str(PARSE), str(node.install())]
    result = subprocess.run(words, input=json.dumps(given), capture_output=True, text=True, check=True)
    return result.stdout.splitlines()


def test_javascript_and_typescript_can_be_parsed() -> None:
    found = texts(*INTO)
    assert len(found) == 2 * len(INTO)
    assert complaints(found) == []
    broken = {name: f"{text}\n(" for name, text in found.items()}
    assert {line.partition(":")[0] for line in complaints(broken)} == found.keys()


def test_ios_property_list_can_be_parsed() -> None:
    listed = texts("ios")["ios/Info.plist"]
    read = plistlib.loads(f'<plist version="1.0"><dict>{listed}</dict></plist>'.encode())
    assert read == {"TENANTRY_KEY": "$(TENANTRY_KEY)"}
