"""Checks of a line: whole, and about the brand."""

import pytest

from workers.ingest.page.lines import may_be_tagline, refers_back


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "Bread that takes its time"),
        ("en", "Contact relationship software for small teams"),
        ("de", "Wir packen für Sie mit an"),
        ("de", "Inhalt, der bewegt"),
        ("fr", "En route vers la mer"),
        ("ja", "海が、目の前にある。"),
    ],
)
def test_line_about_the_brand_may_be_its_tagline(language: str, line: str) -> None:
    assert may_be_tagline(line, language)


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "What is the Oak Festival?"),
        ("en", "Open: 9:00 AM - 5:00 PM"),
        ("en", "Established 1980s in Oakville"),
        ("en", "Something big is on its way."),
        ("en", "And bread for everyone"),
        ("en", "Bread (baked every morning"),
        ("fr", "Horaires des ateliers"),
        ("fr", "Nos zones d'intervention"),
        ("de", "Unsere Einsatzgebiete"),
        ("ja", "代表挨拶と工房概要。"),
        ("pt", "Aproveite o seu dia em"),
        ("pl", "rozwody, alimenty, podział majątku, spadki"),
        ("tr", "Çalışma Saatleri 09:00 - 17:00"),
    ],
)
def test_question_section_hour_notice_list_and_piece_are_no_tagline(language: str, line: str) -> None:
    assert not may_be_tagline(line, language)


def test_text_that_refers_back_is_found_in_its_own_language() -> None:
    assert refers_back("그리고 함께 걷는 공동체입니다.", "ko")
    assert refers_back("We also bake cakes for parties.", "en")
    assert refers_back("Wir liefern auch am Sonntag.", "de")
    assert refers_back("These are a good way to rest.", "en")
    assert not refers_back("En 2005, nous avons ouvert notre four.", "fr")
