"""Platforms of a repository's product, by its manifests and by the stores that its README links to."""

import json
import plistlib
import re
import tomllib
from collections.abc import Iterator
from typing import Any
from xml.parsers.expat import ExpatError

from schemas.brand import BrandPlatform
from workers.ingest.github import paths
from workers.ingest.github.reading.statement import RepositoryFileFieldCandidate
from workers.ingest.github.shapes import FetchedRepoFile
from workers.ingest.page.decode import decode_bytes_like_browser
from workers.ingest.platforms import find_linked_platforms

#: Packages that make an app for these platforms, in the sections of `package.json`.
PLATFORMS_BY_NPM_PACKAGE: dict[str, tuple[BrandPlatform, ...]] = {
    "electron": ("desktop",),
    "@tauri-apps/api": ("desktop",),
    "@tauri-apps/cli": ("desktop",),
    "nw": ("desktop",),
    "react-native": ("ios", "android"),
    "expo": ("ios", "android"),
    "nativescript": ("ios", "android"),
    "@capacitor/ios": ("ios",),
    "@capacitor/android": ("android",),
    "next": ("web",),
    "nuxt": ("web",),
    "@sveltejs/kit": ("web",),
    "@angular/core": ("web",),
}
#: Keys of `package.json` that a library has, and an app hasn't.
NPM_LIBRARY_KEYS = ("exports", "module", "types", "files", "peerDependencies")
#: An app of Android: it has a screen that the launcher opens. A library's manifest has none.
ANDROID_LAUNCHER_PATTERN = re.compile(rb"android\.intent\.category\.(?:LEANBACK_)?LAUNCHER")
#: Keys of an Info.plist by platform (developer.apple.com/documentation/bundleresources/information-property-list).
IOS_PLIST_KEYS = ("LSRequiresIPhoneOS", "UILaunchStoryboardName", "UILaunchScreen", "UISupportedInterfaceOrientations")
MAC_PLIST_KEYS = ("LSMinimumSystemVersion", "NSPrincipalClass", "NSMainNibFile", "NSMainStoryboardFile")
#: Folders of store texts that belong to one platform.
STORE_TEXT_FOLDER_PATTERN = re.compile(
    r"(?:^|/)(?:(?P<android>metadata/android|play/listings)|metadata/(?:(?P<desktop>macos)|(?P<ios>ios)))/"
)
HTML_HREF_PATTERN = re.compile(r'href="([^"<>\s]{1,2000})"')


def read_file_platform_statements(file: FetchedRepoFile) -> Iterator[RepositoryFileFieldCandidate]:
    """Yield the platforms that a file of a repository shows; nothing for a broken file, or one of a library."""
    name = file.path.rpartition("/")[2].lower()
    if name == "package.json":
        yield from build_platform_statements(find_package_json_platforms(file), 0.85, "package.json.dependencies")
    elif name == "cargo.toml":
        yield from build_platform_statements(find_cargo_platforms(file), 0.85, "cargo.dependencies")
    elif name == "androidmanifest.xml" and ANDROID_LAUNCHER_PATTERN.search(file.body):
        yield from build_platform_statements(["android"], 0.90, "android.launcher")
    elif name.endswith("info.plist"):
        yield from build_platform_statements(find_plist_platforms(file.body), 0.85, "plist")
    elif paths.APP_STORE_TEXT_PATH_PATTERN.fullmatch(file.path) and (
        match := STORE_TEXT_FOLDER_PATTERN.search(file.path)
    ):
        platforms: tuple[BrandPlatform, ...] = ("android", "desktop", "ios")
        yield from build_platform_statements([each for each in platforms if match[each]], 0.90, "store.path")


def read_readme_platform_statements(html: str) -> Iterator[RepositoryFileFieldCandidate]:
    hrefs = (match[1] for match in HTML_HREF_PATTERN.finditer(html))
    yield from build_platform_statements(find_linked_platforms(hrefs), 0.75, "readme.link")


def build_platform_statements(
    platforms: list[BrandPlatform], confidence: float, rule: str
) -> Iterator[RepositoryFileFieldCandidate]:
    if platforms:
        yield RepositoryFileFieldCandidate("platforms", [*platforms], confidence, rule)


def find_package_json_platforms(file: FetchedRepoFile) -> list[BrandPlatform]:
    """Return the platforms of the packages that an app depends on; none for a library."""
    try:
        document = json.loads(decode_bytes_like_browser(file.body, ""))
    except (ValueError, RecursionError):
        return []
    if not isinstance(document, dict) or any(key in document for key in NPM_LIBRARY_KEYS):
        return []
    sections = (document.get(key) for key in ("dependencies", "devDependencies"))
    packages = {name for section in sections if isinstance(section, dict) for name in section}
    return list(
        dict.fromkeys(
            platform
            for package, platforms in PLATFORMS_BY_NPM_PACKAGE.items()
            if package in packages
            for platform in platforms
        )
    )


def find_cargo_platforms(file: FetchedRepoFile) -> list[BrandPlatform]:
    try:
        document: dict[str, Any] = tomllib.loads(decode_bytes_like_browser(file.body, ""))
    except (ValueError, RecursionError):
        return []
    dependencies = document.get("dependencies")
    return ["desktop"] if isinstance(dependencies, dict) and "tauri" in dependencies else []


def find_plist_platforms(body: bytes) -> list[BrandPlatform]:
    try:
        values = plistlib.loads(body)
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError, ExpatError):
        return []
    if not isinstance(values, dict) or "NSExtension" in values or values.get("CFBundlePackageType", "APPL") != "APPL":
        return []
    if any(key in values for key in IOS_PLIST_KEYS):
        return ["ios"]
    return ["desktop"] if any(key in values for key in MAC_PLIST_KEYS) else []
