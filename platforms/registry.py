"""Registry of platforms: the description of each package in `platforms.PACKAGES`.

Packages are imported by name, so that no layer depends on a single platform.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from platforms import PACKAGES
from platforms.description import PlatformDescription

#: In the order of `PACKAGES`.
PLATFORM_DESCRIPTIONS: Mapping[str, PlatformDescription] = {
    description.name: description
    for description in (import_module(f"{package}.description").DESCRIPTION for package in PACKAGES)
}
_PACKAGE_BY_PLATFORM = dict(zip(PLATFORM_DESCRIPTIONS, PACKAGES, strict=True))


def load_platform_module(platform: str, module: str) -> Any:
    """Import a module of a platform's package, such as its `adapter`, and return it."""
    return import_module(f"{_PACKAGE_BY_PLATFORM[platform]}.{module}")
