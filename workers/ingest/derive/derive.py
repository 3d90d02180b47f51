"""All of a source's prose to its derived candidates. Runs in the parsing process."""

from workers.ingest.derive import keywords
from workers.ingest.shapes import Prose, Reading


def derive(prose: Prose) -> Reading:
    return Reading(candidates=[*keywords.candidates(prose)])
