"""The one line of the made-up platform, loaded by pytest before any other module."""

import platforms

platforms.PACKAGES.append("tests.platforms.murmur")
