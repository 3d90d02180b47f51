"""Registry of platforms: the description of each package in `platforms.PLATFORM_PACKAGE_NAMES`.

Packages are imported by name, so that no layer depends on a single platform.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from platforms import PLATFORM_PACKAGE_NAMES
from platforms.description import PlatformDescription

#: In the order of `PLATFORM_PACKAGE_NAMES`.
PLATFORMS_BY_NAME: Mapping[str, PlatformDescription] = {
    description.api_name: description
    for description in (
        import_module(f"{package}.description").PLATFORM_DESCRIPTION for package in PLATFORM_PACKAGE_NAMES
    )
}
_PACKAGE_BY_PLATFORM = dict(zip(PLATFORMS_BY_NAME, PLATFORM_PACKAGE_NAMES, strict=True))


def load_platform_module(platform: str, module: str) -> Any:
    """Import a module of a platform's package, such as its `adapter`, and return it."""
    return import_module(f"{_PACKAGE_BY_PLATFORM[platform]}.{module}")
