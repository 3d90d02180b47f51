"""Vocabulary: each glossary term has a file, and a docstring of a function begins with a verb."""

import re
from pathlib import Path

from tests.architecture.tree import ROOT, functions, sources, text

GLOSSARY = Path("docs/explain/glossary.md")
TERM = re.compile(r"^- \*\*(.+?)\*\*: .+ (?:`(\S+)`)$", re.MULTILINE)

#: First words of a docstring that can't be an imperative verb (PEP 257).
FRAGMENTS = re.compile(
    r"(?:An?|The|This|That|These|Those|It|Its|One|All|Both|Each|Every|None|Nobody|Somebody|Whoever|Whatever"
    r"|Whether|What|Where|Which|Who|Whom|Whose|When|Why|How|If|Of|In|For|By|With|Without)\b"
)
MAX_GLOSSARY_ENTRIES = 60


def test_docstrings_of_functions_begin_with_a_verb() -> None:
    fragments = [
        f"{path}:{function.line} {function.name}: {function.docstring.splitlines()[0]}"
        for path in sources(".py")
        if path.parts[0] != "tests"
        for function in functions(path)
        if FRAGMENTS.match(function.docstring)
    ]
    assert fragments == []


def test_each_glossary_term_is_unique_and_has_a_file() -> None:
    lines = [line for line in text(GLOSSARY).splitlines() if line.startswith("- ")]
    terms = TERM.findall(text(GLOSSARY))
    assert len(terms) == len(lines) <= MAX_GLOSSARY_ENTRIES
    assert [term for term, _ in terms] == sorted({term for term, _ in terms}, key=str.casefold)
    assert [path for _, path in terms if not (ROOT / path).is_file()] == []
