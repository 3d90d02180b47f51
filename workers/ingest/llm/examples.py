"""Examples for a language model: how the partner corrected other brands of its own."""

from collections.abc import Iterator, Sequence

import msgspec

from schemas.brand import BrandFieldValue, CorrectedBrand
from workers.ingest.languages import primary_language_subtag
from workers.ingest.page.text import truncate_text

#: Corrected brands in a prompt.
MAX_PROMPT_EXAMPLES = 3
#: Characters of all examples in a prompt: a sixth of the source's text.
MAX_PROMPT_EXAMPLES_CHARS = 4_000
#: Characters of each text in an example, and its lines.
MAX_EXAMPLE_TEXT_CHARS = 300
MAX_EXAMPLE_LINES = 8


def format_examples_for_prompt(brands: Sequence[CorrectedBrand], language: str | None) -> str:
    """Return the examples as lines of JSON, those in the language of the source first; "" for none."""
    same_first = sorted(brands, key=lambda brand: not is_same_language(brand.language, language))
    return "\n".join(list_fitting_examples(same_first[:MAX_PROMPT_EXAMPLES]))


def is_same_language(tag: str | None, other_tag: str | None) -> bool:
    return bool(tag and other_tag) and primary_language_subtag(tag or "") == primary_language_subtag(other_tag or "")


def list_fitting_examples(brands: Sequence[CorrectedBrand]) -> Iterator[str]:
    left = MAX_PROMPT_EXAMPLES_CHARS
    for brand in brands:
        texts = [cut_example_value(text) for text in brand.texts[:MAX_EXAMPLE_LINES]]
        answer = {field: cut_example_value(value) for field, value in brand.corrections.items()}
        line = msgspec.json.encode({"texts": texts, "answer": answer}).decode()
        left -= len(line) + 1
        if left >= 0:
            yield line


def cut_example_value(value: BrandFieldValue) -> BrandFieldValue:
    if isinstance(value, str):
        return truncate_text(value, MAX_EXAMPLE_TEXT_CHARS)
    return [truncate_text(text, MAX_EXAMPLE_TEXT_CHARS) for text in [*value][:MAX_EXAMPLE_LINES]]
