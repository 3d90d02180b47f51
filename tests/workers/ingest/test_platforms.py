"""Platforms of a product: links, metas, manifests and files of a repository."""

import json
import plistlib
from typing import Any

import pytest

from tests.workers.ingest.github.github_server import reading
from tests.workers.ingest.page.pages import HOME, jsonld, meta, value
from workers.ingest.choose import choose_brand_findings
from workers.ingest.page.manifest import parse_web_manifest
from workers.ingest.shapes import FetchedWebManifest

APPLE_APP = "https://apps.apple.com/de/app/zap/id123"
PLAY_APP = "https://play.google.com/store/apps/details?hl=de&id=test.zap"


def links(*hrefs: str) -> str:
    return "".join(f'<a href="{href}">Get it</a>' for href in hrefs)


@pytest.mark.parametrize(
    ("html", "platforms"),
    [
        (links(PLAY_APP, APPLE_APP, f"{APPLE_APP}?l=en"), ["ios", "android"]),
        (links("https://apps.apple.com/app/zap/id123?mt=12"), ["desktop"]),
        (links("https://apps.microsoft.com/detail/9NBLGGH4"), ["desktop"]),
        (links("/get/Zap.dmg", "/get/Zap-1.2.exe?os=win", "/Zap.AppImage", "/zap_1_amd64.deb"), ["desktop"]),
        (links("https://github.com/zap/zap/releases/download/v1/Zap.msi"), ["desktop"]),
        (links("https://github.com/zap/zap/releases/download/v1/zap.apk"), ["android"]),
        (links("https://play.google.com/", "https://apps.apple.com/", "/exe", "/dmg.html", "https://[.exe"), None),
        (links(*(f"https://apps.apple.com/app/id{number}" for number in range(3))), None),
        (meta("apple-itunes-app", "app-id=123"), ["ios"]),
        (meta("al:android:package", "test.zap"), ["android"]),
        (jsonld('{"@type":"SoftwareApplication","operatingSystem":"Windows 11, macOS, iOS 17"}'), ["ios", "desktop"]),
        (jsonld('{"@type":"WebApplication","name":"Zap"}'), ["web"]),
        (jsonld('{"@type":"Product","operatingSystem":"Android"}'), None),
        ("<p>Our bakery is on iOS street.", None),
    ],
)
def test_platforms_of_a_page(html: str, platforms: list[str] | None) -> None:
    assert value("platforms", html, HOME) == platforms


def test_a_story_links_to_apps_of_others() -> None:
    assert value("platforms", links(APPLE_APP), "https://acme.test/download") == ["ios"]
    assert value("platforms", links(APPLE_APP), "https://acme.test/recipes/liver") is None
    assert value("platforms", links(APPLE_APP), "https://acme.test/blog") is None


@pytest.mark.parametrize(
    ("members", "platforms"),
    [
        ({"name": "Zap", "display": "standalone", "start_url": "/"}, ["web"]),
        ({"name": "", "display": "standalone", "start_url": "/"}, None),
        ({"name": "Zap", "display": "standalone"}, None),
        ({"name": "Zap", "display": ["standalone"], "start_url": "/"}, None),
        ({"related_applications": [{"platform": "play"}, {"platform": []}, 1]}, ["android"]),
    ],
)
def test_platforms_of_a_web_manifest(members: dict[str, Any], platforms: list[str] | None) -> None:
    parsed = parse_web_manifest(FetchedWebManifest(url=f"{HOME}m.json", body=json.dumps(members).encode()))
    finding = choose_brand_findings(parsed.candidates).get("platforms")
    assert (finding.value if finding else None) == platforms


def plist(**values: Any) -> bytes:
    return plistlib.dumps({"CFBundlePackageType": "APPL"} | values)


LAUNCHER = '<manifest><activity><category android:name="android.intent.category.LAUNCHER"/></activity></manifest>'


@pytest.mark.parametrize(
    ("files", "platforms"),
    [
        ({"package.json": '{"devDependencies": {"electron": "1"}}'}, ["desktop"]),
        ({"package.json": '{"dependencies": {"react-native": "1", "next": "1"}}'}, ["ios", "android", "web"]),
        ({"package.json": '{"dependencies": {"next": "1"}, "exports": "./x.js"}'}, None),
        ({"package.json": '{"dependencies": ["next"]}'}, None),
        ({"package.json": "[" * 9_000}, None),
        ({"src-tauri/Cargo.toml": '[dependencies]\ntauri = "2"'}, ["desktop"]),
        ({"Cargo.toml": '[dependencies]\nserde = "2"'}, None),
        ({"app/src/main/AndroidManifest.xml": LAUNCHER}, ["android"]),
        ({"lib/src/main/AndroidManifest.xml": "<manifest/>"}, None),
        ({"Zap/Info.plist": plist(LSRequiresIPhoneOS=True)}, ["ios"]),
        ({"Zap/Info.plist": plist(NSPrincipalClass="NSApplication")}, ["desktop"]),
        ({"Zap/Info.plist": plist(NSPrincipalClass="NSApplication", CFBundlePackageType="BNDL")}, None),
        ({"Zap/Info.plist": b"broken"}, None),
        ({"fastlane/metadata/android/en-US/title.txt": "Zap"}, ["android"]),
        ({"README.md": f"# Zap\n\nGet it in the [store]({APPLE_APP})."}, ["ios"]),
    ],
)
def test_platforms_of_a_repository(files: dict[str, bytes | str], platforms: list[str] | None) -> None:
    assert reading(files).get("platforms") == platforms
