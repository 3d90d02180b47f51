"""Proofreading of a whole piece."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from generation.outputs import RenderedFile
from generation.proofreading import pictures, words
from generation.proofreading.fault import ProofreadingFault
from generation.spec import PieceCopy, PieceSpec


def find_piece_faults(
    made: Sequence[RenderedFile], folder: Path, spec: PieceSpec, copy: PieceCopy
) -> list[ProofreadingFault]:
    """Return all faults of a piece of content: first those of its copy, then those of its files in a folder."""
    word_faults = [*words.find_copy_faults(copy, spec.brand, spec.claims), *find_disclosure_faults(made, spec, copy)]
    return [*word_faults, *pictures.find_picture_faults(made, folder, spec, copy)]


def find_disclosure_faults(
    made: Sequence[RenderedFile], spec: PieceSpec, copy: PieceCopy
) -> Iterator[ProofreadingFault]:
    """Yield a fault if the first or last picture or the caption lacks the presenter's name or disclosure.

    Without a presenter, yield nothing.
    """
    if spec.presenter is None:
        return
    required = (spec.presenter.name, copy.labels.presenter)
    shown = [(one.name, " ".join(text.text for text in one.shown)) for one in made]
    for place, text in dict([*shown[:1], *shown[-1:], ("caption", copy.caption)]).items():
        for lacking in required:
            if _keep_casefolded_letters(lacking) not in _keep_casefolded_letters(text):
                yield ProofreadingFault(place=place, rule="undisclosed", found=lacking)


def _keep_casefolded_letters(text: str) -> str:
    return re.sub(r"\W", "", text).casefold()
