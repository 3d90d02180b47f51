"""Proofreading of a whole piece."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from generation.outputs import OutputFile
from generation.proofreading import pictures, words
from generation.proofreading.fault import Fault
from generation.spec import Copy, Spec


def faults(made: Sequence[OutputFile], folder: Path, spec: Spec, copy: Copy) -> list[Fault]:
    """Return all faults of a piece with files in a folder, the faults of its words first."""
    word_faults = [*words.find_copy_faults(copy, spec.brand), *presenter_faults(made, spec, copy)]
    return [*word_faults, *pictures.faults(made, folder, spec, copy)]


def presenter_faults(made: Sequence[OutputFile], spec: Spec, copy: Copy) -> Iterator[Fault]:
    """Yield a fault if the first picture, the last one or the caption lacks the name or the disclosure."""
    if spec.presenter is None:
        return
    required = (spec.presenter.name, copy.labels.presenter)
    shown = [(one.name, " ".join(text.text for text in one.shown)) for one in made]
    for place, text in dict([*shown[:1], *shown[-1:], ("caption", copy.caption)]).items():
        for lacking in required:
            if _letters(lacking) not in _letters(text):
                yield Fault(place=place, rule="undisclosed", found=lacking)


def _letters(text: str) -> str:
    return re.sub(r"\W", "", text).casefold()
