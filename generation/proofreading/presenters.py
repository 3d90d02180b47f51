"""Proofreader of presenters: each place that shows or names one must disclose that they aren't real."""

import re
from collections.abc import Iterator, Sequence

from generation.outputs import OutputFile
from generation.proofreading.fault import Fault
from generation.spec import Copy, Spec


def faults(made: Sequence[OutputFile], spec: Spec, copy: Copy) -> Iterator[Fault]:
    """Yield the first and last picture and the caption, if they lack the name or the disclosure."""
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
