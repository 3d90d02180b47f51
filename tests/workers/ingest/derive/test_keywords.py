"""Extracted keywords: what the text is about, in its own words, once each."""

import pytest

from tests.workers.ingest.derive.prose import URL, derived, prose, value
from workers.ingest.shapes import Passage, Prose

TIDES = (
    "Tide tables and currents for every harbour.",
    "Tide tables work offline. Sailors see currents around the harbour, tide alarms and moon phases.",
)


def words(said: Prose) -> list[str]:
    found = value("keywords", said)
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("Notes, note and NOTES. Ideas, an idea and drawings.", ["notes", "ideas", "drawings"]),
        (
            "L'horloge, l’alarme, l'équipe. L'horloge qu'il voit, harbour's horloge.",
            ["horloge", "alarme", "équipe", "voit", "harbour"],
        ),
        ("Gezeiten und Strömungen. Jetzt download, features und Häfen.", ["gezeiten", "strömungen", "häfen"]),
    ],
)
def test_forms_articles_and_stop_words_are_none_of_their_own(said: str, found: list[str]) -> None:
    language = {"N": "en", "L": "fr", "G": "de"}[said[0]]
    assert words(prose(said, language=language)) == found


def test_what_is_said_early_and_often_comes_first_and_a_pair_only_where_it_is_said_again() -> None:
    found = words(prose(*TIDES, labels=("Imprint", "Imprint")))
    assert found[0] == "tide"
    assert {"currents", "tide tables"} <= {*found}
    assert not {"phases", "moon phases", "imprint"} & {*found}
    assert "tide tables" not in words(prose(*TIDES, name="Tide-Tables"))


def test_a_language_without_blanks_has_none() -> None:
    assert value("keywords", prose("潮汐表和海流 港口 离线 使用", language="zh-Hans")) is None


def test_the_language_is_told_by_the_text_where_nobody_knew_it() -> None:
    text = "Die Gezeiten und die Strömungen für alle Häfen, und zwar auch dann, wenn du kein Netz hast."
    assert "und" not in words(prose(text, language=None))


def test_a_story_gives_keywords_only_where_nothing_else_does() -> None:
    story = Passage(text="Whales, dolphins, seals", story=True)
    own = prose(*TIDES).passages
    both, alone = (Prose(url=URL, language="en", passages=said) for said in ([story, *own], [story]))
    assert words(both) == words(prose(*TIDES))
    found = derived(alone)["keywords"]
    assert (found.value, found.confidence) == (["whales", "dolphins", "seals"], 0.24)


def test_what_is_far_below_the_best_is_none() -> None:
    others = [f"One {word}." for word in ("whale", "dolphin", "seal", "otter", "walrus", "puffin", "gannet")]
    found = words(prose("Tide tables. Tide tables. Tide tables.", "More about tides.", *others))
    assert found[:3] == ["tide", "tables", "tide tables"]
    assert len(found) == 5
