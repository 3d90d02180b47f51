"""The lexicon files: each is complete, and a form has one meaning in it."""

import json
import re
from collections import Counter
from importlib.resources import files

import msgspec
import pytest

from workers.ingest.derive import lexicon as lexicons
from workers.ingest.derive.lexicon import EMPTY_LEXICON, IngestLexicon, load_lexicon

LANGUAGES = ["de", "en", "es", "fr", "it", "nl", "pt", "ru"]
PATTERNS = ["suffix", "cue", "help", "plain", "whether", "use"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_has_every_field_and_a_form_is_one_role(language: str) -> None:
    written = json.loads((files(lexicons) / f"{language}.json").read_text("utf-8"))
    assert written.keys() == {field.name for field in msgspec.structs.fields(IngestLexicon)}
    language_lexicon = load_lexicon(language)
    names = language_lexicon.roles.values()
    forms = Counter(form.casefold() for roles in names for words in roles.values() for form in set(words))
    assert {form for form, times in forms.items() if times > 1} == set()
    assert all(form == form.strip() != "" for form in forms)


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_are_the_english_ones_and_numerous(language: str) -> None:
    language_lexicon, english = load_lexicon(language), load_lexicon("en")
    for segment, roles in language_lexicon.roles.items():
        assert roles.keys() <= english.roles[segment].keys()
    assert sum(map(len, language_lexicon.roles.values())) >= 150


@pytest.mark.parametrize("language", LANGUAGES)
def test_patterns_compile_and_labels_are_folded(language: str) -> None:
    language_lexicon = load_lexicon(language)
    for name in PATTERNS:
        re.compile(getattr(language_lexicon, name))
    for pattern in language_lexicon.asides.values():
        re.compile(pattern)
    assert re.compile(language_lexicon.use).groups == 1
    for labels in (language_lexicon.signposts, language_lexicon.common, language_lexicon.follow):
        assert labels == [label.casefold() for label in labels]


@pytest.mark.parametrize("tag", [None, "ja", "tlh", "de-1996-x-y"])
def test_any_tag_has_a_lexicon(tag: str | None) -> None:
    assert load_lexicon(tag) == (load_lexicon("de") if tag and tag.startswith("de") else EMPTY_LEXICON)
