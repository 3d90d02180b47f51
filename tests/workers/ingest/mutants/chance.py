"""Seeds of mutants: the same documents each time, or others with another TENANTRY_SEED."""

import os
from random import Random

SEED = os.environ.get("TENANTRY_SEED", "20261127")


def chance(*of: object) -> Random:
    """Return the random generator of one document, so that this document can be generated again alone."""
    return Random("/".join(map(str, (SEED, *of))))
