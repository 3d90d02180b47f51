"""Style sheets of a page: colors that their custom properties name. They are read in the parsing process."""

import re
from collections.abc import Iterator, Mapping

from schemas.brand import Candidate
from workers.ingest.colors import css_color, names
from workers.ingest.colors.defaults import TEMPLATES
from workers.ingest.colors.properties import Property, properties
from workers.ingest.page.decode import decode
from workers.ingest.shapes import Reading, Styles

#: A reference, alone or as in `hsl(var(--primary))`, and its fallback for an unknown name.
VAR = re.compile(r"var\(\s*--([\w-]+)\s*(?:,((?:[^()]|\([^()]*\))*))?\)", re.IGNORECASE)
#: References to references that are followed, and characters of their result.
DEPTH, LONGEST = 8, 300


def read(styles: Styles) -> Reading:
    sheets = ((sheet.url, decode(sheet.body, sheet.content_type)) for sheet in styles.sheets)
    return Reading(candidates=list(candidates(properties(sheets))))


def candidates(known: Mapping[str, Property]) -> Iterator[Candidate]:
    """Yield colors with a role; of names with the same role words, the shortest."""
    hues = {known[name].value.lower() for name in names.palettes(known)}
    found: dict[names.Role, Candidate] = {}
    for name in sorted(known, key=lambda name: (len(name), name)):
        role = names.role(name)
        if role and role not in found and known[name].value.lower() not in hues:
            color = css_color.read(resolved(known, known[name].value))
            if color and color not in TEMPLATES:
                found[role] = Candidate(
                    field="colors",
                    value=[color],
                    role=role.role,
                    confidence=role.worth,
                    rule=f"css.--{name}",
                    url=known[name].url,
                )
    yield from found.values()


def resolved(known: Mapping[str, Property], value: str) -> str:
    """Replace the references in a value by their values or fallbacks, else by nothing."""

    def target(found: re.Match[str]) -> str:
        return known[found[1]].value if found[1] in known else (found[2] or "").strip()

    for _ in range(DEPTH):
        if "var(" not in value.lower() or len(value) > LONGEST:
            break
        value = VAR.sub(target, value)
    return value
