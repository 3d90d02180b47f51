"""Paths of a repository's store images, in the layouts of fastlane, F-Droid and the Play publisher."""

import re
from collections.abc import Callable, Iterable

from schemas.pictures import PictureKind

#: Screenshots that are fetched, of one locale; with an icon and a banner that costs six requests.
MAX_REPOSITORY_SCREENSHOTS = 4

IMAGE_FILE_ENDINGS = (".png", ".jpg", ".jpeg", ".webp")
LOCALE_FOLDER_REGEX = r"(?P<locale>default|[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]+)*)"
IMAGE_FILE_NAME_REGEX = r"[^/]+"
#: Places of each kind, best first.
APP_STORE_IMAGE_PATH_REGEXES: tuple[tuple[PictureKind, str, str], ...] = (
    ("logo", "store.icon", rf"metadata/android/{LOCALE_FOLDER_REGEX}/images/icon\.\w+"),
    ("logo", "store.icon", rf"play/listings/{LOCALE_FOLDER_REGEX}/graphics/icon/{IMAGE_FILE_NAME_REGEX}"),
    ("logo", "store.icon", r"metadata/(?:ios/)?app_icon\.\w+"),
    (
        "screenshot",
        "store.screenshots",
        rf"metadata/android/{LOCALE_FOLDER_REGEX}/images/phoneScreenshots/{IMAGE_FILE_NAME_REGEX}",
    ),
    (
        "screenshot",
        "store.screenshots",
        rf"play/listings/{LOCALE_FOLDER_REGEX}/graphics/phone-screenshots/{IMAGE_FILE_NAME_REGEX}",
    ),
    ("screenshot", "store.screenshots", rf"fastlane/screenshots/{LOCALE_FOLDER_REGEX}/{IMAGE_FILE_NAME_REGEX}"),
    ("image", "store.featureGraphic", rf"metadata/android/{LOCALE_FOLDER_REGEX}/images/featureGraphic\.\w+"),
    (
        "image",
        "store.featureGraphic",
        rf"play/listings/{LOCALE_FOLDER_REGEX}/graphics/feature-graphic/{IMAGE_FILE_NAME_REGEX}",
    ),
)
APP_STORE_IMAGE_PATH_PATTERNS = tuple(
    (kind, rule, re.compile(rf"(?P<base>(?:.*/)?){place}", re.IGNORECASE))
    for kind, rule, place in APP_STORE_IMAGE_PATH_REGEXES
)
NUMBER_IN_FILE_NAME_PATTERN = re.compile(r"\d+")


def is_app_store_image_path(path: str) -> bool:
    return path.lower().endswith(IMAGE_FILE_ENDINGS) and any(
        place.fullmatch(path) for _, _, place in APP_STORE_IMAGE_PATH_PATTERNS
    )


def choose_repo_app_image_paths(paths: Iterable[str], rank: Callable[[str], int]) -> list[str]:
    """Return the paths of an app's store images: the icon, up to four screenshots and the banner.

    Of each kind, take the first layout that has any: those nearest to the root, in the locale of lowest `rank`.
    """
    image_paths = [path for path in paths if path.lower().endswith(IMAGE_FILE_ENDINGS)]
    chosen: dict[PictureKind, list[str]] = {}
    for kind, _, place in APP_STORE_IMAGE_PATH_PATTERNS:
        matches = [
            (rank_app_store_image_path(match, rank), path) for path in image_paths if (match := place.fullmatch(path))
        ]
        best = min((key for key, _ in matches), default=None)
        best_paths = sorted((path for key, path in matches if key == best), key=natural_sort_key)
        if not chosen.get(kind):
            chosen[kind] = best_paths[: MAX_REPOSITORY_SCREENSHOTS if kind == "screenshot" else 1]
    return [path for paths_of in chosen.values() for path in paths_of]


def rank_app_store_image_path(match: re.Match[str], rank: Callable[[str], int]) -> tuple[int, str, int, str]:
    """Return a store image's sort key, equal for all images of an app in one locale.

    The nearest to the root is first, then the locale with the lowest `rank`.
    """
    locale = match.groupdict().get("locale") or ""
    return match["base"].count("/"), match["base"], rank(locale), locale


def natural_sort_key(path: str) -> tuple[list[int], str]:
    """Return a sort key that puts `10.png` after `2.png`."""
    return [int(number[:9]) for number in NUMBER_IN_FILE_NAME_PATTERN.findall(path.rpartition("/")[2])], path


def classify_app_store_image_path(path: str) -> tuple[PictureKind, str]:
    """Return picture kind and rule of a store image by its path. Raises `StopIteration` for any other path."""
    return next((kind, rule) for kind, rule, place in APP_STORE_IMAGE_PATH_PATTERNS if place.fullmatch(path))
