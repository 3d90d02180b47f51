"""Extracted keywords: what the text is about, in its own words, once each."""

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


def test_what_is_said_early_and_often_comes_first() -> None:
    found = words(prose(*TIDES))
    assert found[0] == "tide"
    assert "currents" in found
    assert "phases" not in found


def test_a_pair_is_one_only_where_it_is_said_again() -> None:
    found = words(prose(*TIDES))
    assert "tide tables" in found
    assert "moon phases" not in found


def test_all_forms_of_a_word_are_one() -> None:
    assert words(prose("Notes, note and NOTES. Ideas, an idea and drawings."))[:1] == ["notes"]


def test_a_label_is_no_prose() -> None:
    assert "imprint" not in words(prose(*TIDES, labels=("Imprint", "Imprint")))


def test_the_brand_is_no_keyword_of_its_own() -> None:
    assert "tide tables" not in words(prose(*TIDES, name="Tide-Tables"))


def test_an_article_or_a_genitive_is_no_part_of_a_word() -> None:
    said = prose("L'horloge, l’alarme, l'équipe. L'horloge qu'il voit, harbour's horloge.", language="fr")
    assert words(said) == ["horloge", "alarme", "équipe", "voit", "harbour"]


def test_stop_words_are_those_of_the_text_and_of_english() -> None:
    found = words(prose("Gezeiten und Strömungen. Jetzt download, features und Häfen.", language="de"))
    assert found == ["gezeiten", "strömungen", "häfen"]


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
