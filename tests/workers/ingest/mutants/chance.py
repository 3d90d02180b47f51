"""Seeds of mutants: the same documents each time, or others where TENANTRY_SEED says so."""

import os
from random import Random

SEED = os.environ.get("TENANTRY_SEED", "20261127")


def chance(*of: object) -> Random:
    """The chance of one document, so that it can be made again alone."""
    return Random("/".join(map(str, (SEED, *of))))
