"""The one line of the made-up platform, loaded by pytest before any other module."""

import platforms

platforms.PLATFORM_PACKAGE_NAMES.append("tests.platforms.murmur")
