"""Trades of brands: the customers' trades and those of articles are none."""

import pytest

from tests.workers.ingest.derive.prose import prose
from workers.ingest.derive.trades import find_brand_trade


def find_trade_name(*texts: str, about: list[str], language: str = "en", story: bool = False) -> str | None:
    found = find_brand_trade(prose(*texts, about=about, language=language, story=story), language)
    return found.name if found else None


@pytest.mark.parametrize(
    ("language", "title", "name"),
    [
        ("en", "Robots for vegetable farms, bakeries and hotels", "robotics"),
        ("es", "Ebooks de panadería y pastelería", "ebooks"),
        ("pl", "Adwokat Anna Nowak: rozwody, nieruchomości, spadki", "lawyer"),
        ("ru", "Мебель для ванных комнат", "bathroom_products"),
        ("fr", "Chauffeur privé VTC à Lille", "chauffeur"),
        ("en", "Riverside Dance Festival", "dance_festival"),
        ("zh", "宏景自動化工程有限公司", "industrial_automation"),
        ("zh", "安心牙醫診所", "dentist"),
        ("en", "Software house with bread and a bakery", "software_house"),
    ],
)
def test_a_trade_is_the_first_thing_that_the_title_names(language: str, title: str, name: str) -> None:
    assert find_trade_name(about=[title, title], language=language) == name


def test_the_prose_alone_names_a_trade_only_far_ahead_of_others() -> None:
    plumbing, roofing = ["Our plumber repairs it."] * 6, ["The roofer comes too."] * 4
    assert find_trade_name(*plumbing, about=["Acme"]) == "plumber"
    assert find_trade_name(*plumbing, *roofing, about=["Acme"]) is None


def test_the_title_of_an_article_names_no_trade() -> None:
    title = "A dentist opens in town"
    assert find_trade_name("The town was glad.", about=[title]) == "dentist"
    assert find_trade_name("The town was glad.", about=[title], story=True) is None


def test_a_late_item_of_a_list_in_a_description_is_no_trade() -> None:
    prose_text, late = "The bakery is warm.", "We plan halls with ovens, mixers, and a bakery."
    assert find_trade_name(prose_text, about=["Sunny", late]) is None
    assert find_trade_name(prose_text, about=["Sunny", "Sunny is a bakery with ovens, mixers."]) == "bakery"
