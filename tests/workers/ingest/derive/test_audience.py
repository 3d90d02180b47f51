"""The audience: only people after a cue, in four languages, with a quote."""

import pytest

from tests.workers.ingest.derive.prose import URL, derived, prose, value
from workers.ingest.shapes import Passage, Prose

FILLER = ("Tides.", "Currents.", "Harbours.")


@pytest.mark.parametrize(
    ("text", "audience"),
    [
        ("Built for freelancers and small teams.", "Freelancers and small teams"),
        (
            "Whether you're a designer, a developer or a busy founder, it fits.",
            "Designers, developers and founders",
        ),
        ("The invoicing app for small businesses that hate invoices.", "Small businesses"),
        ("Acme helps landlords collect rent.", "Landlords"),
        ("We help families, couples and roommates share costs.", "Families, couples and roommates"),
        ("Built for desıgners and ſtudents", "Designers and students"),
    ],
)
def test_english_cues(text: str, audience: str) -> None:
    candidate = derived(prose(*FILLER, text))["audience"]
    assert candidate.value == audience
    assert candidate.evidence == [text]


@pytest.mark.parametrize(
    ("language", "text", "audience"),
    [
        ("de", "Entwickelt für Freiberufler und kleine Unternehmen.", "Freelancers and small businesses"),
        ("de", "Entwickelt für Großunternehmen und Kanzleien.", "Enterprises and lawyers"),
        ("fr", "Conçu pour les artisans et les petites entreprises.", "Tradespeople and small businesses"),
        ("fr", "Une application destinée aux étudiants et aux enseignants.", "Students and teachers"),
        ("es", "Diseñado para autónomos y pequeñas empresas.", "Entrepreneurs and small businesses"),
        (
            "es-MX",
            "La plataforma para agencias de marketing y diseñadores.",
            "Marketing agencies and designers",
        ),
    ],
)
def test_other_languages_cues(language: str, text: str, audience: str) -> None:
    candidate = derived(prose(*FILLER, text, language=language))["audience"]
    assert candidate.value == audience
    assert candidate.evidence == [text]


@pytest.mark.parametrize(
    "text",
    [
        "We are hiring developers, designers and accountants.",
        "Built for our teams.",
        "Designed for student loans.",
        "Made for speed. Developers wrote it.",
        "A tool for free, and 3 years later for restaurants",
        "",
    ],
)
def test_no_cue_no_audience(text: str) -> None:
    assert "audience" not in derived(prose(*FILLER, text))


def test_a_plain_cue_counts_only_in_headings_and_first_passages() -> None:
    line = "Tide tables for sailors."
    assert value("audience", prose(line)) == "Sailors"
    assert value("audience", prose(*FILLER, line)) is None
    heading = Prose(url=URL, language="en", passages=[Passage(text=line, kind="heading")])
    assert value("audience", heading) == "Sailors"
    assert value("audience", prose("For sailors")) is None


def test_a_story_gives_no_audience() -> None:
    passages = [Passage(text="Built for freelancers.", story=True)]
    assert "audience" not in derived(Prose(url=URL, language="en", passages=passages))


def test_labels_count_only_after_a_signpost() -> None:
    labels = ("Restaurants", "Hotels", "Pricing")
    assert value("audience", prose("Tides.", labels=labels)) is None
    assert value("audience", prose("Tides.", labels=("Solutions", *labels))) == "Restaurants and hotels"


def test_a_long_sentence_is_quoted_around_the_cue() -> None:
    text = f"{'Tide after tide ' * 30}it is built for sailors and anglers alike {'and so on ' * 30}"
    for quote in derived(prose(*FILLER, text))["audience"].evidence:
        assert "built for sailors and anglers" in quote
        assert quote in text


def test_vague_organizations_alone_are_no_audience() -> None:
    assert value("audience", prose("Policies for organizations and companies.")) is None
    assert value("audience", prose("Policies for organizations and small businesses.")) is not None
