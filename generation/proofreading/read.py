"""Proofreading of a whole piece."""

from collections.abc import Sequence
from pathlib import Path

from generation.outputs import OutputFile
from generation.proofreading import pictures, presenters, words
from generation.proofreading.fault import Fault
from generation.spec import Copy, Spec


def faults(made: Sequence[OutputFile], folder: Path, spec: Spec, copy: Copy) -> list[Fault]:
    """Return all faults of a piece with files in a folder, the faults of its words first."""
    word_faults = [*words.faults(copy, spec.brand), *presenters.faults(made, spec, copy)]
    return [*word_faults, *pictures.faults(made, folder, spec, copy)]
