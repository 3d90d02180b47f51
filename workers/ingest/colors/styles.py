"""Style sheets of a page: colors that their custom properties name. They are read in the parsing process."""

import re
from collections.abc import Iterator, Mapping

from schemas.brand import Candidate
from workers.ingest.colors import css_color, names
from workers.ingest.colors.properties import Property, properties
from workers.ingest.page.decode import decode
from workers.ingest.shapes import ParsedDocument, Styles

#: A reference, alone or as in `hsl(var(--primary))`, and its fallback for an unknown name.
VAR = re.compile(r"var\(\s*--([\w-]+)\s*(?:,((?:[^()]|\([^()]*\))*))?\)", re.IGNORECASE)
#: References to references; further ones are ignored.
MAX_REFERENCES = 8
#: Characters of their result.
MAX_VALUE_CHARS = 300


def read(styles: Styles) -> ParsedDocument:
    sheets = ((sheet.url, decode(sheet.body, sheet.content_type)) for sheet in styles.sheets)
    return ParsedDocument(candidates=list(candidates(properties(sheets))))


def candidates(properties_by_name: Mapping[str, Property]) -> Iterator[Candidate]:
    """Yield colors with a role; of names with the same role words, the shortest."""
    hues = {properties_by_name[name].value.lower() for name in names.palette_names(properties_by_name)}
    by_role: dict[names.Role, Candidate] = {}
    for name in sorted(properties_by_name, key=lambda name: (len(name), name)):
        role = names.role(name)
        if role and role not in by_role and properties_by_name[name].value.lower() not in hues:
            value = resolve_references(properties_by_name, properties_by_name[name].value)
            if color := css_color.read_chosen(value):
                by_role[role] = Candidate(
                    field="colors",
                    value=[color],
                    role=role.role,
                    confidence=role.confidence,
                    rule=f"css.--{name}",
                    url=properties_by_name[name].url,
                )
    yield from by_role.values()


def resolve_references(properties_by_name: Mapping[str, Property], value: str) -> str:
    """Replace the references in a value by their values or fallbacks, else by nothing."""

    def target(match: re.Match[str]) -> str:
        return (
            properties_by_name[match[1]].value if match[1] in properties_by_name else (match[2] or "").strip()
        )

    for _ in range(MAX_REFERENCES):
        if "var(" not in value.lower() or len(value) > MAX_VALUE_CHARS:
            break
        value = VAR.sub(target, value)
    return value
