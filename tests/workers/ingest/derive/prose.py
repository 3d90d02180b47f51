"""Helpers: small texts, and the values derived from them."""

from schemas.brand import Candidate, Field
from workers.ingest.derive.derive import derive
from workers.ingest.shapes import Passage, Prose

URL = "https://acme.test/"


def prose(*texts: str, labels: tuple[str, ...] = (), language: str | None = "en", **context: str) -> Prose:
    passages = [
        *(Passage(text=text, url=URL) for text in texts),
        *(Passage(text=label, kind="label", url=URL) for label in labels),
    ]
    return Prose(url=URL, language=language, passages=passages, name=context.get("name"))


def derived(source: Prose) -> dict[Field, Candidate]:
    return {candidate.field: candidate for candidate in derive(source).candidates}


def value(field: Field, source: Prose) -> object:
    candidates = derived(source)
    return candidates[field].value if field in candidates else None
