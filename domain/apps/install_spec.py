"""Install spec: the dependencies, variables and files by which a product sends events, for each platform.

Phones use Segment's open SDKs, which send Segment's format; web platforms use our web module. The options are
those of analytics-swift 1.9, analytics-kotlin 1.22, analytics-react-native 2.24 and Flutter's
segment_analytics 1.1, read in their sources on 2026-11-27. A host has no scheme if its SDK adds https. No
answer contains the key: each snippet reads it from the build's variable.
"""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import NamedTuple
from urllib.parse import urlsplit

from schemas.apps import AppPlatform
from schemas.install import Dependency, EnvVar, FileAction, InstallFile, InstallSpec, PlatformInstall

_TEXTS = {
    file.name: file.read_text("utf-8")
    for file in files("domain.apps").joinpath("install").iterdir()
    if file.is_file()
}


class _File(NamedTuple):
    """File of the product, and the template that fills it."""

    path: str
    text: str
    action: FileAction = "create"


class _Platform(NamedTuple):
    """Requirements of a platform: the key's variable, the snippet, packages and files."""

    variable: str
    snippet: str
    dependencies: Sequence[Dependency] = ()
    files: Sequence[_File] = ()


def _npm(name: str, version: str) -> Dependency:
    return Dependency(manager="npm", name=name, version=version, install=f"npm install {name}@{version}")


_SWIFT = Dependency(
    manager="swift",
    name="Segment",
    version="1.9.1",
    install='.package(url: "https://github.com/segmentio/analytics-swift.git", from: "1.9.1")',
)
_KOTLIN = Dependency(
    manager="gradle",
    name="com.segment.analytics.kotlin:android",
    version="1.22.0",
    install='implementation("com.segment.analytics.kotlin:android:1.22.0")',
)
_FLUTTER = Dependency(
    manager="pub",
    name="segment_analytics",
    version="^1.1.11",
    install='flutter pub add "segment_analytics:^1.1.11"',
)
_NATIVE = (
    _npm("@segment/analytics-react-native", "2.24.1"),
    # Its peer dependencies.
    _npm("@segment/sovran-react-native", "1.1.5"),
    _npm("@react-native-async-storage/async-storage", "2"),
    _npm("react-native-get-random-values", "2.0.0"),
)

_PLIST = _File("Info.plist", "Info.plist", "add")
_GRADLE = _File("app/build.gradle.kts", "build.gradle.kts", "add")

_PLATFORMS: Mapping[AppPlatform, _Platform] = {
    "ios": _Platform("TENANTRY_KEY", "ios.swift", [_SWIFT], [_PLIST]),
    "android": _Platform("TENANTRY_KEY", "android.kt", [_KOTLIN], [_GRADLE]),
    "react-native": _Platform(
        "TENANTRY_KEY",
        "phones.ts",
        [*_NATIVE, _npm("react-native-config", "1")],
        [_File("src/tenantry.ts", "react-native.ts")],
    ),
    "flutter": _Platform(
        "TENANTRY_KEY", "flutter-use.dart", [_FLUTTER], [_File("lib/tenantry.dart", "flutter.dart")]
    ),
    "expo": _Platform(
        "EXPO_PUBLIC_TENANTRY_KEY", "phones.ts", _NATIVE, [_File("src/tenantry.ts", "expo.ts")]
    ),
    "web": _Platform("TENANTRY_KEY", "web.html"),
    "nextjs": _Platform(
        "NEXT_PUBLIC_TENANTRY_KEY", "nextjs-use.jsx", files=[_File("app/tenantry.jsx", "nextjs.jsx")]
    ),
    "vite": _Platform("VITE_TENANTRY_KEY", "vite-use.js", files=[_File("src/tenantry.js", "vite.js")]),
    "react-router": _Platform(
        "VITE_TENANTRY_KEY", "react-router-use.jsx", files=[_File("app/tenantry.jsx", "react-router.jsx")]
    ),
}


def build_install_spec(
    *, app_id: str, endpoint: str, public_url: str, platforms: Sequence[AppPlatform]
) -> InstallSpec:
    """Return the requirements of each platform, in the given order."""
    texts = {"base": public_url, "host": urlsplit(public_url).netloc, "endpoint": endpoint}
    installs = [_platform(name, texts) for name in dict.fromkeys(platforms)]
    return InstallSpec(app_id=app_id, ingest_endpoint=endpoint, platforms=installs)


def _platform(name: AppPlatform, texts: Mapping[str, str]) -> PlatformInstall:
    platform = _PLATFORMS[name]
    key = EnvVar(name=platform.variable, value=None, about="The app's key, `lpa_...`: only you have it.")
    return PlatformInstall(
        platform=name,
        dependency=list(platform.dependencies),
        env_vars=[key],
        init_snippet=_filled(platform.snippet, texts),
        files=[
            InstallFile(path=path, action=action, content=_filled(text, texts))
            for path, text, action in platform.files
        ],
    )


def _filled(file: str, texts: Mapping[str, str]) -> str:
    text = _TEXTS[file]
    for name, value in texts.items():
        text = text.replace(f"{{{{{name}}}}}", value)
    return text
