"""Vocabulary: each glossary term is unique and has a file."""

import re
from pathlib import Path

from tests.architecture.tree import ROOT, text

GLOSSARY = Path("docs/explain/glossary.md")
TERM = re.compile(r"^- \*\*(.+?)\*\*: .+ (?:`(\S+)`)$", re.MULTILINE)

MAX_GLOSSARY_ENTRIES = 60


def test_each_glossary_term_is_unique_and_has_a_file() -> None:
    lines = [line for line in text(GLOSSARY).splitlines() if line.startswith("- ")]
    terms = TERM.findall(text(GLOSSARY))
    assert len(terms) == len(lines) <= MAX_GLOSSARY_ENTRIES
    assert [term for term, _ in terms] == sorted({term for term, _ in terms}, key=str.casefold)
    assert [path for _, path in terms if not (ROOT / path).is_file()] == []
