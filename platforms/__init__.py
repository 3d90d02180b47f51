"""Social platforms: one package for each, with all that is the platform's own.

A platform's package has these modules:

- `description`: its name, words, limits, login and settings, as plain values (`platforms/description.py`).
  All layers read it from `platforms/registry.py`.
- `adapter`: its calls, as `PLATFORM_CALLS` (`workers/platforms/parts.py`). Only workers load it.
- `webhook`: parses its messages, if it sends any.

Read first: `description.py`, `registry.py` and `bluesky/`.
"""

#: The only list of platforms: one line each, in the order of the API document.
PLATFORM_PACKAGE_NAMES = ["platforms.bluesky", "platforms.mastodon", "platforms.tiktok", "platforms.instagram"]
