"""Detects misspelled settings: environment variables with names similar to a setting."""

from collections.abc import Iterable

import msgspec

from schemas.settings import SETTING_NAMES_WITH_PRODUCT_PREFIX, Settings

#: Minimum letters of a name to compare: shorter ones, such as `PS1`, are similar to too many settings.
MIN_COMPARED_SETTING_NAME_LETTERS = 4

#: A name may differ in one letter for each of so many letters.
LETTERS_PER_ALLOWED_TYPO = 8

KNOWN_SETTING_NAMES = frozenset(
    SETTING_NAMES_WITH_PRODUCT_PREFIX.get(field.name, field.encode_name) for field in msgspec.structs.fields(Settings)
)


def find_misspelt_settings(names: Iterable[str]) -> dict[str, str]:
    """Return the variables nearly named like a setting, with the nearest; not exact names or very short ones."""
    misspelt = {}
    for name in sorted(set(names) - KNOWN_SETTING_NAMES):
        if len(name) >= MIN_COMPARED_SETTING_NAME_LETTERS and (setting := _find_nearest_setting_name(name)):
            misspelt[name] = setting
    return misspelt


def _find_nearest_setting_name(name: str) -> str | None:
    limit = max(1, len(name) // LETTERS_PER_ALLOWED_TYPO)
    near = {meant: edit_distance(name, meant) for meant in KNOWN_SETTING_NAMES if abs(len(meant) - len(name)) <= limit}
    best = min(near, key=lambda meant: (near[meant], meant), default=None)
    return best if best and near[best] <= limit else None


def edit_distance(first: str, second: str) -> int:
    """Return the number of letters to insert, delete, replace or swap with a neighbor to turn one word into another.

    This is the optimal string alignment distance.
    """
    before, above = [0] * (len(second) + 1), list(range(len(second) + 1))
    for row, letter in enumerate(first, start=1):
        line = [row]
        for column, target in enumerate(second, start=1):
            cost = min(above[column] + 1, line[-1] + 1, above[column - 1] + (letter != target))
            if row > 1 and column > 1 and (letter, first[row - 2]) == (second[column - 2], target):
                cost = min(cost, before[column - 2] + 1)
            line.append(cost)
        before, above = above, line
    return above[-1]
