"""Paths of a repository's store images, in the layouts of fastlane, F-Droid and the Play publisher."""

import re
from collections.abc import Callable, Iterable

from schemas.pictures import PictureKind

#: Screenshots that are fetched, of one locale; with an icon and a banner that costs six requests.
MAX_SCREENSHOTS = 4

ENDINGS = (".png", ".jpg", ".jpeg", ".webp")
LOCALE = r"(?P<locale>default|[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]+)*)"
FILE = r"[^/]+"
#: Places of each kind, best first.
PLACE_PATTERNS: tuple[tuple[PictureKind, str, str], ...] = (
    ("logo", "store.icon", rf"metadata/android/{LOCALE}/images/icon\.\w+"),
    ("logo", "store.icon", rf"play/listings/{LOCALE}/graphics/icon/{FILE}"),
    ("logo", "store.icon", r"metadata/(?:ios/)?app_icon\.\w+"),
    ("screenshot", "store.screenshots", rf"metadata/android/{LOCALE}/images/phoneScreenshots/{FILE}"),
    ("screenshot", "store.screenshots", rf"play/listings/{LOCALE}/graphics/phone-screenshots/{FILE}"),
    ("screenshot", "store.screenshots", rf"fastlane/screenshots/{LOCALE}/{FILE}"),
    ("image", "store.featureGraphic", rf"metadata/android/{LOCALE}/images/featureGraphic\.\w+"),
    ("image", "store.featureGraphic", rf"play/listings/{LOCALE}/graphics/feature-graphic/{FILE}"),
)
PLACES = tuple(
    (kind, rule, re.compile(rf"(?P<base>(?:.*/)?){place}", re.IGNORECASE))
    for kind, rule, place in PLACE_PATTERNS
)
NUMBER = re.compile(r"\d+")


def is_known(path: str) -> bool:
    return path.lower().endswith(ENDINGS) and any(place.fullmatch(path) for _, _, place in PLACES)


def choose(paths: Iterable[str], rank: Callable[[str], int]) -> list[str]:
    """Return the icon, some screenshots and the banner, in a store's default locale by `rank`."""
    image_paths = [path for path in paths if path.lower().endswith(ENDINGS)]
    chosen: dict[PictureKind, list[str]] = {}
    for kind, _, place in PLACES:
        matches = [
            (folder_rank(match, rank), path) for path in image_paths if (match := place.fullmatch(path))
        ]
        best = min((key for key, _ in matches), default=None)
        best_paths = sorted((path for key, path in matches if key == best), key=natural_key)
        if not chosen.get(kind):
            chosen[kind] = best_paths[: MAX_SCREENSHOTS if kind == "screenshot" else 1]
    return [path for paths_of in chosen.values() for path in paths_of]


def folder_rank(match: re.Match[str], rank: Callable[[str], int]) -> tuple[int, str, int, str]:
    """Return a sort key of an app's images in one locale: nearest to the root first."""
    locale = match.groupdict().get("locale") or ""
    return match["base"].count("/"), match["base"], rank(locale), locale


def natural_key(path: str) -> tuple[list[int], str]:
    """Return a sort key that puts `10.png` after `2.png`."""
    return [int(number[:9]) for number in NUMBER.findall(path.rpartition("/")[2])], path


def place_of(path: str) -> tuple[PictureKind, str]:
    """Return kind and rule of a store image by its path. Raises `StopIteration` for any other path."""
    return next((kind, rule) for kind, rule, place in PLACES if place.fullmatch(path))
