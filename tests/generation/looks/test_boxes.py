"""Boxes of lines: a text is cut where the engine breaks it, also if styles capitalize it."""

from hypothesis import given
from hypothesis import strategies as some

from generation.looks.boxes import fold_letters, split_text_by_letter_counts

#: Words whose capitals have other letters, and words of marks: German, Turkish, Greek, Hindi, Vietnamese.
WORDS = [
    "dreißig",
    "Plätze",
    "içinde",
    "İzmir",
    "ıssız",
    "Άνοιξη",
    "μέλος",
    "मिठाइयाँ",
    "स्वाद",
    "tiếng",
    "e\u0301te\u0301",
]


@given(lines=some.lists(some.lists(some.sampled_from(WORDS), min_size=1).map(" ".join), min_size=1))
def test_capitals_keep_the_breaks_of_lines(lines: list[str]) -> None:
    text = " ".join(lines)
    for shown in (lines, [line.upper() for line in lines]):
        assert split_text_by_letter_counts(text, [len(fold_letters(line)) for line in shown]) == lines
