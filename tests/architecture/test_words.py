"""Vocabulary: abandoned words stay out of names, and each glossary term has a file.

A docstring of a function begins with a verb.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.tree import ROOT, contents, sources, text, tracked

GLOSSARY = Path("docs/explain/glossary.md")
TERM = re.compile(r"^- \*\*(.+?)\*\*: .+ (?:`(\S+)`)$", re.MULTILINE)

#: Abandoned parts of names, and their replacements.
ABANDONED = {
    "bell": "wake",
    "crew": "workers",
    "desk": "slots",
    "gram": "Instagram",
    "hindrance": "blocker",
    "hint": "TikTok webhook",
    "lending": "leasing",
    "pace": "rate limit",
    "presence": "heartbeat",
    "receipt": "idempotency record",
    "resident": "account",
    "ring": "keyring, or wake",
    "setback": "failure",
    "settler": "completer",
    "trip": "publish attempt",
    "unseen": "unverified",
}
#: Abandoned names of classes and files. Elsewhere these words are allowed: `exchange` is OAuth's verb,
#: a `stage` belongs to a job, a `turn` to a post in its account's queue.
CLASSES = {"Begun", "Exchange", "Gate", "Held", "Hold", "Place", "Rest", "Turns", "Work"}
FILES = {
    "access", "changing", "exchange", "flows", "gate", "holds", "place", "reports", "rest", "room", "stage",
    "turns", "work",
}  # fmt: skip
#: Allowed names with an abandoned word, and the reason.
ALLOWED = {"upstream_pace": "a table, and the file of its statements"}

#: First words of a docstring that can't be an imperative verb (PEP 257).
FRAGMENTS = re.compile(
    r"(?:An?|The|This|That|These|Those|It|Its|One|All|Both|Each|Every|None|Nobody|Somebody|Whoever|Whatever"
    r"|Whether|What|Where|Which|Who|Whom|Whose|When|Why|How|If|Of|In|For|By|With|Without)\b"
)
MAX_GLOSSARY_ENTRIES = 60

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def test_no_name_has_an_abandoned_word() -> None:
    abandoned = [f"{path}: {name}" for path in sources(".py") for name in names(path) if has_abandoned_word(name)]
    assert abandoned == []


def test_no_file_has_an_abandoned_name() -> None:
    assert [
        path
        for path in tracked()
        if path.suffix in {".py", ".sql"} and (has_abandoned_word(path.stem) or path.stem in FILES)
    ] == []


def has_abandoned_word(name: str) -> bool:
    words = {word.lower().removesuffix("s") for word in _WORDS.findall(name)}
    return name not in ALLOWED and (bool(words & ABANDONED.keys()) or name in CLASSES)


def names(path: Path) -> Iterator[str]:
    """Yield the names in a file, except test functions: their names are sentences."""
    file_contents = contents(path)
    yield from file_contents.names
    yield from (function.name for function in file_contents.functions if not function.name.startswith("test_"))


def test_docstrings_of_functions_begin_with_a_verb() -> None:
    fragments = [
        f"{path}:{function.line} {function.name}: {function.docstring.splitlines()[0]}"
        for path in sources(".py")
        if path.parts[0] != "tests"
        for function in contents(path).functions
        if FRAGMENTS.match(function.docstring)
    ]
    assert fragments == []


def test_each_glossary_term_is_unique_and_has_a_file() -> None:
    lines = [line for line in text(GLOSSARY).splitlines() if line.startswith("- ")]
    terms = TERM.findall(text(GLOSSARY))
    assert len(terms) == len(lines) <= MAX_GLOSSARY_ENTRIES
    assert [term for term, _ in terms] == sorted({term for term, _ in terms}, key=str.casefold)
    assert [path for _, path in terms if not (ROOT / path).is_file()] == []
