"""Statements: the brand's own services, questions and sentences, never the words of others."""

from hypothesis import given, settings
from hypothesis import strategies as st

from workers.ingest.derive.derive import derive_keywords_voice_audience_and_icp
from workers.ingest.derive.statements import MAX_STATEMENT_CHARS, MAX_STATEMENTS
from workers.ingest.shapes import Passage, PassageRole, SourceFact, SourceProse

BAKERY = [
    Passage(text="Bread for slow mornings", kind="heading", role="hero"),
    Passage(text="Quillmere bakes in a stone oven. Our dough rests for a whole night.", role="prose"),
    Passage(text="Guests at our tables in Harrowby eat it warm.", role="prose"),
    Passage(text="Too tired to bake?", kind="heading", role="heading"),
    Passage(text="Our products", kind="heading", role="heading"),
    Passage(text="Rye bread", kind="heading", role="feature"),
    Passage(text="Seeded rolls", kind="heading", role="feature"),
    Passage(text="Wedding cakes", kind="heading", role="feature"),
    Passage(text="Their bread saved our wedding.", role="testimonial", speaker="customer"),
    Passage(text="“They bake like my grandmother did.” We hear that a lot.", role="prose"),
    Passage(text="All prices include the tax of the state.", role="legal", speaker="law"),
    Passage(text="Write to orders@quillmere.example for more.", role="prose"),
    Passage(text="A chef from another town opened a place.", role="prose", story=True),
    Passage(text="Mill Lane 4, 24568 Harrowby", role="contact"),
]


def bakery() -> SourceProse:
    return SourceProse(
        url="https://quillmere.example/",
        name="Quillmere",
        language="en",
        about=["Quillmere, the bakery of Harrowby"],
        passages=BAKERY,
        facts=[SourceFact(kind="business_type", value="Bakery"), SourceFact(kind="place", value="Harrowby")],
    )


def test_a_profile_has_the_trade_the_town_and_only_the_brands_own_statements() -> None:
    profile = derive_keywords_voice_audience_and_icp(bakery()).profile
    assert (profile.trade, profile.place) == ("bakery", "Harrowby")
    assert [(one.intent, one.text) for one in profile.statements] == [
        ("offer", "rye bread"),
        ("offer", "seeded rolls"),
        ("offer", "wedding cakes"),
        ("problem", "Too tired to bake?"),
        ("benefit", "Bread for slow mornings"),
        ("benefit", "Quillmere bakes in a stone oven."),
        ("benefit", "Our dough rests for a whole night."),
        ("place", "Guests at our tables in Harrowby eat it warm."),
    ]
    assert {one.url for one in profile.statements} == {"https://quillmere.example/"}


ROLES: list[PassageRole] = ["hero", "prose", "feature", "offer", "faq", "testimonial", "legal", "contact", "notice"]
WORDS = "our dough rests until dawn and nobody hurries it Ask us why ? . ! 24 “ ” www.example.test".split()
ANY_PASSAGE = st.builds(
    Passage,
    text=st.lists(st.sampled_from(WORDS), min_size=1, max_size=30).map(" ".join),
    kind=st.sampled_from(["heading", "text", "label"]),
    role=st.sampled_from(ROLES),
    speaker=st.sampled_from(["brand", "brand", "customer", "law", "theme"]),
    story=st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(passages=st.lists(ANY_PASSAGE, max_size=40), language=st.sampled_from(["en", "de", "ja", "sw"]))
def test_any_statement_is_a_part_of_a_passage_that_the_brand_wrote(passages: list[Passage], language: str) -> None:
    prose = SourceProse(url="https://quillmere.example/", name="Quillmere", language=language, passages=passages)
    statements = derive_keywords_voice_audience_and_icp(prose).profile.statements
    assert len(statements) <= MAX_STATEMENTS
    own = [one.text for one in passages if one.speaker == "brand" and not one.story and one.role != "legal"]
    for statement in statements:
        assert len(statement.text) <= MAX_STATEMENT_CHARS
        assert statement.text.casefold() in statement.quote.casefold()
        assert any(statement.quote in text for text in own)
