"""Intended users that a text names: roles of the lexicon.

A name counts only after a cue (`built for freelancers and small teams`): a page that hires developers or
thanks its partners isn't for them. Stories, such as articles, don't count, since they are about all kinds
of people.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import NamedTuple

from workers.ingest.derive.lexicon import load_lexicon
from workers.ingest.derive.own_prose import find_pages_of_headlines
from workers.ingest.derive.quotes import cut_evidence_quote, split_passages_to_sentences
from workers.ingest.shapes import Passage

#: Weight of a mention after a plain cue, or as a label.
PLAIN_CUE_AUDIENCE_WEIGHT = 2
#: Weight of a mention after a sure cue.
SURE_CUE_AUDIENCE_WEIGHT = 3
#: Highest weight of a name's mentions together.
MAX_SUMMED_AUDIENCE_MENTION_WEIGHT = 6
#: First passages, in which a plain cue counts; after these it counts in headings only.
MAX_LEADING_PASSAGES_FOR_PLAIN_CUES = 3
#: Labels after a signpost; further ones are ignored.
MAX_AUDIENCE_LABELS_AFTER_SIGNPOST = 8
#: Number of them that must be names.
MIN_AUDIENCE_LABELS_AFTER_SIGNPOST = 2
#: Words between a cue and a name, or two names, without the end of a clause.
WORDS_BETWEEN_CUE_AND_AUDIENCE_PATTERN = re.compile(r"(?:[\s,/&]*[\w'’%+-]+){0,3}[\s,/&]*")
#: Characters after a cue; further ones are ignored.
MAX_CHARS_AFTER_AUDIENCE_CUE = 100
#: Characters before a cue that may refuse its audience.
MAX_CHARS_BEFORE_REFUSED_CUE = 40
MAX_AUDIENCE_CUES_PER_SENTENCE = 20
NON_AUDIENCE_PRONOUN_PATTERN = re.compile(r"\b(?:my|his|her|their|its)\b", re.IGNORECASE)
#: Numbers before a name: then it counts participants. A game for two players has no audience of players.
NUMBER_RULING_OUT_AUDIENCE_PATTERN = re.compile(
    r"\b(?:\d+|two|three|four|five|six|zwei|drei|vier|fünf|sechs|deux|trois|quatre|cinq|dos|tres|cuatro|cinco)\b",
    re.IGNORECASE,
)
AUDIENCE_PLURAL_ENDING_PATTERN = re.compile(r"(?<=ss)es$|s$")
WORD_AFTER_AUDIENCE_NAME_PATTERN = re.compile(r" ([\w&]+)")


@dataclass
class WeightedAudience:
    """Role by its English name, with the capped weight of its mentions and their quotes."""

    name: str
    weight: int = 0
    quotes: list[str] = field(default_factory=list)


def find_audience_roles(
    passages: Iterable[Passage], language: str | None, refusal: re.Pattern[str]
) -> list[WeightedAudience]:
    """Return the audience roles that the passages name, the highest weight first; none after words of `refusal`."""
    if not load_lexicon(language).roles:
        return []
    return drop_audience_names_ending_longer_names(
        weigh_audience_mentions(passages, load_audience_name_finder(language, refusal))
    )


def weigh_audience_mentions(passages: Iterable[Passage], finder: "AudienceNameFinder") -> list[WeightedAudience]:
    brand_passages = [passage for passage in passages if not passage.story and passage.speaker == "brand"]
    names = [
        *find_audience_names_in_sentences(brand_passages, finder),
        *find_audiences_in_labels(brand_passages, finder),
    ]
    by_name: dict[str, WeightedAudience] = {}
    for name, weight, words in names:
        mention = by_name.setdefault(name, WeightedAudience(name))
        mention.weight = min(mention.weight + weight, MAX_SUMMED_AUDIENCE_MENTION_WEIGHT)
        mention.quotes.append(words)
    return sorted(by_name.values(), key=lambda mention: -mention.weight)


class AudienceCue(NamedTuple):
    """Words that lead to one of `names`, their weight, and whether a name must be `is_complete`."""

    words: re.Pattern[str]
    weight: int
    names: re.Pattern[str]
    is_complete: bool = True


class AudienceNameFinder:
    """Names of one language in all their forms, and the cues that lead to them.

    One search has the forms of all customer segments, so that the longest form counts.
    """

    def __init__(self, language: str | None, refusal: re.Pattern[str]) -> None:
        lexicon = load_lexicon(language)
        forms = [(name, words) for kind in lexicon.roles.values() for name, words in kind.items()]
        plural_forms = {
            form: name for name, words in forms for word in words for form in (word.lower(), word.casefold())
        }
        all_forms = {
            AUDIENCE_PLURAL_ENDING_PATTERN.sub("", form): name for form, name in plural_forms.items()
        } | plural_forms
        self.names = {fold_case(form): name for form, name in all_forms.items()}
        self.lexicon = lexicon
        self.refusal = refusal
        self.single = compile_audience_name_pattern(tuple(all_forms), lexicon.suffix)
        plural = compile_audience_name_pattern(tuple(plural_forms), lexicon.suffix)
        # `For developers` alone is a heading for the project's own developers.
        self.plain = AudienceCue(
            compile_cue_words_pattern(rf"(?<=\w ){lexicon.plain}"), PLAIN_CUE_AUDIENCE_WEIGHT, plural
        )
        self.sure = (
            AudienceCue(compile_cue_words_pattern(lexicon.cue), SURE_CUE_AUDIENCE_WEIGHT, plural),
            AudienceCue(compile_cue_words_pattern(lexicon.help), SURE_CUE_AUDIENCE_WEIGHT, plural, is_complete=False),
            AudienceCue(compile_cue_words_pattern(lexicon.whether), SURE_CUE_AUDIENCE_WEIGHT, self.single),
        )

    def find_audiences_by_cue(self, sentence: str, cue: AudienceCue) -> Iterator[tuple[str, int]]:
        """Yield the audience names after the cue's first matches, up to a maximum, with the match's index."""
        for match in islice(cue.words.finditer(sentence), MAX_AUDIENCE_CUES_PER_SENTENCE):
            if not is_refused_cue(sentence, match.start(), self.refusal):
                for name in self.find_audience_names_after(sentence, match.end(), cue):
                    yield name, match.start()

    def find_audience_names_after(self, sentence: str, start: int, cue: AudienceCue) -> Iterator[str]:
        """Yield the audience names in the `MAX_CHARS_AFTER_AUDIENCE_CUE` after `start`, at most three words apart.

        Stop if a pronoun such as `our`, or a number, stands before a name: `two players` are no audience.
        """
        for match in cue.names.finditer(sentence, start, start + MAX_CHARS_AFTER_AUDIENCE_CUE):
            between = sentence[start : match.start()]
            if (
                not WORDS_BETWEEN_CUE_AND_AUDIENCE_PATTERN.fullmatch(between)
                or self.has_pronoun_before_audience_name(between)
                or NUMBER_RULING_OUT_AUDIENCE_PATTERN.search(between)
            ):
                return
            start = match.end()
            if not cue.is_complete or self.is_audience_name_complete_at(sentence, start):
                yield self.names[fold_case(match["form"])]

    def has_pronoun_before_audience_name(self, words: str) -> bool:
        """Return whether the words have a pronoun such as `our` or `their`, so that the name after them is no audience.

        An example is `for our customers' teams`.
        """
        words_before = {word.casefold() for word in re.findall(r"[\w'’]+", words)}
        return not words_before.isdisjoint(self.lexicon.we) or NON_AUDIENCE_PRONOUN_PATTERN.search(words) is not None

    def is_audience_name_complete_at(self, sentence: str, end: int) -> bool:
        """Return whether the audience name that ends at `end` is complete: no word follows it, or one of `follow`."""
        following = WORD_AFTER_AUDIENCE_NAME_PATTERN.match(sentence, end)
        return following is None or following[1].casefold() in self.lexicon.follow


@cache
def load_audience_name_finder(language: str | None, refusal: re.Pattern[str]) -> AudienceNameFinder:
    return AudienceNameFinder(language, refusal)


def is_refused_cue(text: str, start: int, refusal: re.Pattern[str]) -> bool:
    """Return whether words before a cue refuse its audience, as in `not suitable for children`."""
    return refusal.search(text[max(start - MAX_CHARS_BEFORE_REFUSED_CUE, 0) : start]) is not None


def fold_case(text: str) -> str:
    """Fold the case as `re.IGNORECASE` does: the Turkish `ı` and `İ` become `i`."""
    return text.casefold().replace("ı", "i").replace("\u0307", "")


def find_audience_names_in_sentences(
    passages: Sequence[Passage], finder: AudienceNameFinder
) -> Iterator[tuple[str, int, str]]:
    """Yield the audience names in the sentences of passages, each with its weight and quote.

    A plain cue counts only in headings and first passages, and not on a page that lists headlines.
    """
    headline_pages = find_pages_of_headlines(passages)
    for index, passage in enumerate(passages):
        is_first = passage.kind == "heading" or index < MAX_LEADING_PASSAGES_FOR_PLAIN_CUES
        cues = (finder.plain, *finder.sure) if is_first and passage.url not in headline_pages else finder.sure
        for sentence in split_passages_to_sentences([passage]):
            yield from find_audience_names_in_one_sentence(sentence, finder, cues)


def find_audience_names_in_one_sentence(
    sentence: str, finder: AudienceNameFinder, cues: Iterable[AudienceCue]
) -> Iterator[tuple[str, int, str]]:
    """Yield the audience names of a sentence, each once with its weight and quote.

    A name counts by the last of the `cues` that leads to it: sure cues are last.
    """
    by_name = {name: (cue.weight, start) for cue in cues for name, start in finder.find_audiences_by_cue(sentence, cue)}
    for name, (weight, start) in by_name.items():
        yield name, weight, cut_evidence_quote(sentence, start)


def find_audiences_in_labels(passages: Iterable[Passage], finder: AudienceNameFinder) -> Iterator[tuple[str, int, str]]:
    """Yield the audience names in labels after a signpost, such as `Solutions`, each with weight and quote.

    A label counts if it is only a name. A single such label after a signpost doesn't count.
    """
    labels = [passage.text for passage in passages if passage.kind == "label"]
    for index, signpost in enumerate(labels):
        if signpost.casefold() in finder.lexicon.signposts:
            labels_below = labels[index + 1 : index + 1 + MAX_AUDIENCE_LABELS_AFTER_SIGNPOST]
            matches = [match for label in labels_below if (match := finder.single.fullmatch(label))]
            for match in matches if len(matches) >= MIN_AUDIENCE_LABELS_AFTER_SIGNPOST else ():
                yield (
                    finder.names[fold_case(match["form"])],
                    PLAIN_CUE_AUDIENCE_WEIGHT,
                    cut_evidence_quote(match.string),
                )


def drop_audience_names_ending_longer_names(names_found: list[WeightedAudience]) -> list[WeightedAudience]:
    """Return the mentions, without names that end a longer name, as `teams` does in `small teams`."""
    names = [mention.name for mention in names_found]
    return [mention for mention in names_found if not any(name.endswith(f" {mention.name}") for name in names)]


@cache
def compile_audience_name_pattern(forms: tuple[str, ...], suffix: str) -> re.Pattern[str]:
    alternatives = "|".join(map(re.escape, sorted(forms, key=len, reverse=True))) or "(?!)"
    return re.compile(rf"\b(?P<form>{alternatives}){suffix}(?!\w)", re.IGNORECASE)


@cache
def compile_cue_words_pattern(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{words})(?!\w)", re.IGNORECASE)
