"""`python -m tests.workers.ingest.parser.warmed`: loads of documents other than the warm-up's examples.

Prints the modules, and the numbers of voices' patterns, lexicons, languages' skip rules, and threads at the end.
"""

import sys
from pathlib import Path

import msgspec

from workers.ingest import skip_rules
from workers.ingest.derive.lexicon import load_lexicon
from workers.ingest.derive.tone import compile_tone_pattern, load_voice_rules, measure_tone
from workers.ingest.github.shapes import FetchedRepoFile
from workers.ingest.parser import child
from workers.ingest.parser.warmup import WARMUP_DOCUMENTS, WARMUP_PROSE_LANGUAGES

OTHER = "Wir helfen Handwerkern. Noi aiutiamo i piccoli team! Ask your lawyer, or visit https://acme.test/."


def main() -> None:
    child.warm_up_parsers()
    modules, lexicons = set(sys.modules), load_lexicon.cache_info().misses
    tone_patterns = compile_tone_pattern.cache_info().misses
    for tag, rules in load_voice_rules().items():
        measure_tone(["Notes."], tag)
        for pattern in (rules.letter, rules.call, rules.finite):
            compile_tone_pattern(pattern)
    for example in WARMUP_DOCUMENTS:
        changed_fields = {name: changed(getattr(example, name)) for name in example.__struct_fields__}
        child.parse_within_memory_limit(msgspec.structs.replace(example, **changed_fields))
    compiled = skip_rules.compile_skip_rule_patterns.cache_info().misses
    for language in WARMUP_PROSE_LANGUAGES:
        skip_rules.SentenceSkipRules(language)
    threads = len(list(Path("/proc/self/task").iterdir()))
    counts = (
        compile_tone_pattern.cache_info().misses - tone_patterns,
        load_lexicon.cache_info().misses - lexicons,
        skip_rules.compile_skip_rule_patterns.cache_info().misses - compiled,
        threads,
    )
    print(sorted({*sys.modules} - modules), *counts)  # noqa: T201


def changed(value: object) -> object:
    """Return the same document with another text in it."""
    if isinstance(value, bytes):
        return value.replace(b"Example", OTHER.encode())
    return msgspec.structs.replace(value, body=changed(value.body)) if isinstance(value, FetchedRepoFile) else value


if __name__ == "__main__":
    main()
