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

_SDK_INSTALL_TEMPLATES = {
    file.name: file.read_text("utf-8") for file in files("domain.apps").joinpath("install").iterdir() if file.is_file()
}


class _SdkInstallFileTemplate(NamedTuple):
    """File of the product, and the template that fills it."""

    path: str
    text: str
    action: FileAction = "create"


class _SdkInstallRecipe(NamedTuple):
    """Requirements of a platform: the key's variable, the snippet, packages and files."""

    variable: str
    snippet: str
    dependencies: Sequence[Dependency] = ()
    files: Sequence[_SdkInstallFileTemplate] = ()


def _sdk_npm_dependency(name: str, version: str) -> Dependency:
    return Dependency(manager="npm", name=name, version=version, install=f"npm install {name}@{version}")


_SWIFT_SDK_DEPENDENCY = Dependency(
    manager="swift",
    name="Segment",
    version="1.9.1",
    install='.package(url: "https://github.com/segmentio/analytics-swift.git", from: "1.9.1")',
)
_KOTLIN_SDK_DEPENDENCY = Dependency(
    manager="gradle",
    name="com.segment.analytics.kotlin:android",
    version="1.22.0",
    install='implementation("com.segment.analytics.kotlin:android:1.22.0")',
)
_FLUTTER_SDK_DEPENDENCY = Dependency(
    manager="pub", name="segment_analytics", version="^1.1.11", install='flutter pub add "segment_analytics:^1.1.11"'
)
_REACT_NATIVE_SDK_DEPENDENCIES = (
    _sdk_npm_dependency("@segment/analytics-react-native", "2.24.1"),
    # Its peer dependencies.
    _sdk_npm_dependency("@segment/sovran-react-native", "1.1.5"),
    _sdk_npm_dependency("@react-native-async-storage/async-storage", "2"),
    _sdk_npm_dependency("react-native-get-random-values", "2.0.0"),
)

_APP_INFO_PLIST_TEMPLATE = _SdkInstallFileTemplate("Info.plist", "Info.plist", "add")
_APP_GRADLE_BUILD_TEMPLATE = _SdkInstallFileTemplate("app/build.gradle.kts", "build.gradle.kts", "add")

_SDK_INSTALL_RECIPES_BY_PLATFORM: Mapping[AppPlatform, _SdkInstallRecipe] = {
    "ios": _SdkInstallRecipe("TENANTRY_KEY", "ios.swift", [_SWIFT_SDK_DEPENDENCY], [_APP_INFO_PLIST_TEMPLATE]),
    "android": _SdkInstallRecipe("TENANTRY_KEY", "android.kt", [_KOTLIN_SDK_DEPENDENCY], [_APP_GRADLE_BUILD_TEMPLATE]),
    "react-native": _SdkInstallRecipe(
        "TENANTRY_KEY",
        "phones.ts",
        [*_REACT_NATIVE_SDK_DEPENDENCIES, _sdk_npm_dependency("react-native-config", "1")],
        [_SdkInstallFileTemplate("src/tenantry.ts", "react-native.ts")],
    ),
    "flutter": _SdkInstallRecipe(
        "TENANTRY_KEY",
        "flutter-use.dart",
        [_FLUTTER_SDK_DEPENDENCY],
        [_SdkInstallFileTemplate("lib/tenantry.dart", "flutter.dart")],
    ),
    "expo": _SdkInstallRecipe(
        "EXPO_PUBLIC_TENANTRY_KEY",
        "phones.ts",
        _REACT_NATIVE_SDK_DEPENDENCIES,
        [_SdkInstallFileTemplate("src/tenantry.ts", "expo.ts")],
    ),
    "web": _SdkInstallRecipe("TENANTRY_KEY", "web.html"),
    "nextjs": _SdkInstallRecipe(
        "NEXT_PUBLIC_TENANTRY_KEY", "nextjs-use.jsx", files=[_SdkInstallFileTemplate("app/tenantry.jsx", "nextjs.jsx")]
    ),
    "vite": _SdkInstallRecipe(
        "VITE_TENANTRY_KEY", "vite-use.js", files=[_SdkInstallFileTemplate("src/tenantry.js", "vite.js")]
    ),
    "react-router": _SdkInstallRecipe(
        "VITE_TENANTRY_KEY",
        "react-router-use.jsx",
        files=[_SdkInstallFileTemplate("app/tenantry.jsx", "react-router.jsx")],
    ),
}


def build_sdk_install_spec(
    *, app_id: str, endpoint: str, public_url: str, platforms: Sequence[AppPlatform]
) -> InstallSpec:
    """Return the install spec of an SDK app: the requirements of each of `platforms`, in the given order."""
    texts = {"base": public_url, "host": urlsplit(public_url).netloc, "endpoint": endpoint}
    installs = [_build_sdk_platform_install(name, texts) for name in dict.fromkeys(platforms)]
    return InstallSpec(app_id=app_id, ingest_endpoint=endpoint, platforms=installs)


def _build_sdk_platform_install(name: AppPlatform, texts: Mapping[str, str]) -> PlatformInstall:
    platform = _SDK_INSTALL_RECIPES_BY_PLATFORM[name]
    key = EnvVar(name=platform.variable, value=None, about="The app's key, `lpa_...`: only you have it.")
    return PlatformInstall(
        platform=name,
        dependency=list(platform.dependencies),
        env_vars=[key],
        init_snippet=_fill_sdk_template(platform.snippet, texts),
        files=[
            InstallFile(path=path, action=action, content=_fill_sdk_template(text, texts))
            for path, text, action in platform.files
        ],
    )


def _fill_sdk_template(file: str, texts: Mapping[str, str]) -> str:
    text = _SDK_INSTALL_TEMPLATES[file]
    for name, value in texts.items():
        text = text.replace(f"{{{{{name}}}}}", value)
    return text
