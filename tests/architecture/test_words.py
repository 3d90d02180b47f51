"""Vocabulary: abandoned words stay out of names, and each glossary term has a file.

No docstring begins with a question word.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.tree import ROOT, contents, sources, text, tracked

GLOSSARY = Path("docs/explain/glossary.md")
TERM = re.compile(r"^- \*\*(.+?)\*\*: .+ (?:`(\S+)`)$", re.MULTILINE)

#: Abandoned parts of names, and their replacements.
GIVEN_UP = {
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
EXCEPT = {
    "upstream_pace": "a table, and the file of its statements",
}

QUESTION = re.compile(r"(?:What|Where|Whether|Who|Whom|Whose|How|Which|Why|When)\b")

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def test_what_was_given_up_names_nothing() -> None:
    found = [f"{path}: {name}" for path in sources(".py") for name in names(path) if given_up(name)]
    assert found == []


def test_no_file_is_called_so() -> None:
    assert [
        path
        for path in tracked()
        if path.suffix in {".py", ".sql"} and (given_up(path.stem) or path.stem in FILES)
    ] == []


def given_up(name: str) -> bool:
    words = {word.lower().removesuffix("s") for word in _WORDS.findall(name)}
    return name not in EXCEPT and (bool(words & GIVEN_UP.keys()) or name in CLASSES)


def names(path: Path) -> Iterator[str]:
    """Yield the names in a file, except test functions: their names are sentences."""
    found = contents(path)
    yield from found.names
    yield from (function.name for function in found.functions if not function.name.startswith("test_"))


def test_docstrings_begin_with_the_noun_that_the_thing_is() -> None:
    product = [path for path in sources(".py") if path.parts[0] != "tests"]
    asking = [
        f"{path}: {said}" for path in product for said in contents(path).docstrings if QUESTION.match(said)
    ]
    assert asking == []


def test_each_term_is_explained_once_and_lives_in_a_file() -> None:
    lines = [line for line in text(GLOSSARY).splitlines() if line.startswith("- ")]
    terms = TERM.findall(text(GLOSSARY))
    assert len(terms) == len(lines)
    assert [term for term, _ in terms] == sorted({term for term, _ in terms}, key=str.casefold)
    assert [path for _, path in terms if not (ROOT / path).is_file()] == []
