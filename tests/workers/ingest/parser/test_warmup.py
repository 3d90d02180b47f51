"""Modules and lexicons of all documents are loaded before the first fork."""

import os
import subprocess
import sys
from importlib.resources import files

from tests.waiting import PATIENCE_S
from workers.ingest.derive import lexicon as lexicons
from workers.ingest.derive.keyword_words import load_all_keyword_words
from workers.ingest.derive.tone import load_voice_rules
from workers.ingest.parser.child import PARSER_BY_DOCUMENT_TYPE
from workers.ingest.parser.parser import ONE_THREAD_ENVIRONMENT
from workers.ingest.parser.warmup import WARMUP_DOCUMENTS, WARMUP_PROSE_LANGUAGES


def test_warmup_has_each_kind_of_document() -> None:
    assert {type(example) for example in WARMUP_DOCUMENTS} == PARSER_BY_DOCUMENT_TYPE.keys()


def test_warmup_has_each_language_with_words() -> None:
    lexicon_languages = {
        file.name.removesuffix(".json") for file in files(lexicons).iterdir() if file.name.endswith("json")
    }
    assert lexicon_languages | load_voice_rules().keys() | load_all_keyword_words().keys() < {*WARMUP_PROSE_LANGUAGES}


def test_nothing_is_loaded_after_the_warmup() -> None:
    """There is only one thread, since the process is going to fork."""
    completed = subprocess.run(
        [sys.executable, "-m", "tests.workers.ingest.parser.warmed"],
        env=os.environ | ONE_THREAD_ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    assert completed.stdout == "[] 0 0 0 1\n"
