"""Direction of letters by the Unicode bidirectional algorithm (UAX 9), for one line of text."""

from collections.abc import Sequence
from typing import TypeVar

import regex
from bidi import algorithm

Run = TypeVar("Run")

_RIGHT_TO_LEFT = regex.compile(r"[\p{bidi_class=R}\p{bidi_class=AL}]")
_IGNORED = regex.compile(r"\p{bidi_class=BN}")


def levels(text: str, *, right_to_left: bool) -> list[int]:
    """Return the embedding level of each character: odd levels run from right to left."""
    base = int(right_to_left)
    if not right_to_left and not _RIGHT_TO_LEFT.search(text):
        return [0] * len(text)
    known = iter(_levels(_IGNORED.sub("", text), base))
    embedding: list[int] = []
    for char in text:
        # Joiners are ignored (rule X9): they keep the level of the character before them.
        embedding.append((embedding[-1] if embedding else base) if _IGNORED.match(char) else next(known))
    return embedding


def _levels(text: str, base: int) -> list[int]:
    storage = algorithm.get_empty_storage()
    storage["base_level"], storage["base_dir"] = base, "LR"[base]
    algorithm.get_embedding_levels(text, storage)
    algorithm.explicit_embed_and_overrides(storage)
    algorithm.resolve_weak_types(storage)
    algorithm.resolve_neutral_types(storage, debug=False)
    algorithm.resolve_implicit_levels(storage, debug=False)
    return [char["level"] for char in storage["chars"]]


def visual_order(runs: Sequence[tuple[Run, int]]) -> list[tuple[Run, int]]:
    """Return runs with their levels from left to right (rule L2)."""
    order = list(runs)
    for level in range(max((level for _, level in order), default=0), 0, -1):
        start = 0
        while start < len(order):
            end = start
            while end < len(order) and order[end][1] >= level:
                end += 1
            order[start:end] = reversed(order[start:end])
            start = max(end, start + 1)
    return order
