"""Copy from statements: whole sentences of the brand's pages, varied by the seed, in the voice of the brand."""

from statistics import median

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.copy.claims import find_text_claims
from generation.copy.clauses import TRAILING_PUNCTUATION
from generation.copy.write import write_piece_copy
from generation.spec import BrandSnapshot, BrandStatement, CopyIntent, CopyLine, PieceCopy, PieceSpec
from tests.generation.copy.tracing import lines, untraced

PAGE = "https://quillmere.example/"
SEEDS = [f"piece-{number}" for number in range(10)]


def said(intent: CopyIntent, *said: str) -> list[BrandStatement]:
    return [BrandStatement(text=text, intent=intent, quote=text, url=PAGE) for text in said]


QUILLMERE = BrandSnapshot(
    name="Quillmere",
    taglines=["Bread for slow mornings"],
    language="en",
    trade="bakery",
    place="Harrowby",
    statements=[
        *said("offer", "rye bread", "seeded rolls", "wedding cakes"),
        *said("problem", "Too tired to bake before work?"),
        *said(
            "benefit",
            "Our dough rests for a whole night.",
            "We grind the grain of our own fields.",
            "You smell the stone oven from the street.",
            "Every loaf is shaped by hand.",
        ),
    ],
)
KOMOREBI = BrandSnapshot(
    name="こもれび堂",
    language="ja",
    trade="bakery",
    keywords=["季節のパン教室", "石窯", "天然酵母のパン"],
    statements=[
        *said(
            "benefit",
            "石窯でパンを焼いています。",
            "粉は近くの畑から届きます。",
            "朝の香りを町に届けます。",
            "窯の火を絶やしません。",
        )
    ],
)
SENTENCES = [
    "Our dough rests for a whole night.", "It rises while you sleep.", "The best bread of the whole valley.",
    "We are 100 % safe for your family.", "Clinically proven to calm the mind.", "Orlando, Kissimmee, Reunion",
    "Ready to bake?", "We bake · we grind · we sell", "Quillmere", "You smell the oven from the street!",
    "Unser Teig ruht eine ganze Nacht.", "¡Te esperamos en nuestra casa!", "生地は一晩休ませます。", "rye bread",
    "Call 555-1234567 today.", "Each loaf is shaped by our own hands, and the crumb stays soft for days.",
]  # fmt: skip
ANY_STATEMENTS = st.lists(
    st.builds(
        lambda text, intent: said(intent, text)[0],
        st.sampled_from(SENTENCES),
        st.sampled_from(["problem", "benefit", "proof", "place", "offer", "invitation"]),
    ),
    max_size=24,
)


@settings(max_examples=60, deadline=None)
@given(
    statements=ANY_STATEMENTS,
    language=st.sampled_from(["en", "de", "es", "ja", "pl"]),
    place=st.sampled_from([None, "Harrowby"]),
    voice=st.sampled_from([None, "casual", "professional"]),
    seed=st.text(max_size=4),
)
def test_a_hook_or_point_is_a_whole_sentence_of_its_page_or_a_filled_shape(
    statements: list[BrandStatement], language: str, place: str | None, voice: str | None, seed: str
) -> None:
    brand = BrandSnapshot(
        name="Quillmere", taglines=["Bread for slow mornings"], language=language, place=place, voice=voice,
        statements=statements, trade="bakery",
    )  # fmt: skip
    copy = write_piece_copy(PieceSpec(format="slideshow", brand=brand, seed=seed))
    assert [why for line in lines(copy) if (why := untraced(line, brand))] == []
    for line in (copy.hook, *copy.points):
        assert line.rule == "formula" or is_whole(line)
        claims = find_text_claims(line.text, copy.language, ["Quillmere"])
        assert line.rule == "formula" or claims == frozenset()


def is_whole(line: CopyLine) -> bool:
    marks = f"{TRAILING_PUNCTUATION}¡"
    return line.text.strip(marks).casefold() == line.evidence[0].quote.strip(marks).casefold()


def test_ten_seeds_give_many_hooks_and_points_and_each_voice_its_own() -> None:
    for brand in (QUILLMERE, KOMOREBI):
        copies = {voice: [written(brand, voice, seed) for seed in SEEDS] for voice in (None, "casual", "professional")}
        assert median(len({copy.hook.text for copy in of_voice}) for of_voice in copies.values()) >= 6
        assert len({tuple(point.text for point in copy.points) for copy in copies[None]}) >= 4
        pairs = zip(copies["casual"], copies["professional"], strict=True)
        assert sum(first.hook.text != second.hook.text for first, second in pairs) >= 8


def written(brand: BrandSnapshot, voice: str | None, seed: str) -> PieceCopy:
    return write_piece_copy(PieceSpec(format="slideshow", brand=msgspec.structs.replace(brand, voice=voice), seed=seed))


def test_a_yes_please_is_only_for_trades_that_please() -> None:
    """A lawyer's accidents are no mood."""
    shapes = {"item_anyone", "item_yes_please", "current_mood", "say_no_more", "on_your_list"}
    for trade, expects in (("bakery", True), ("lawyer", False), (None, False)):
        brand = msgspec.structs.replace(QUILLMERE, trade=trade, voice="casual")
        used = {written(brand, "casual", f"{number}").hook_shape for number in range(60)}
        assert bool(used & shapes) == expects


def test_a_town_or_name_is_said_once_in_a_hook() -> None:
    brand = msgspec.structs.replace(QUILLMERE, name="Harrowby Bread")
    for seed in range(60):
        assert written(brand, None, f"{seed}").hook.text.casefold().count("harrowby") <= 1


def test_traditional_chinese_has_shapes_in_its_own_characters() -> None:
    brand = BrandSnapshot(
        name="Hulin",
        language="zh-TW",
        statements=said("benefit", "我們為您烘焙麵包。", "麵團休息一整夜。", "歡迎來聞香味。"),
    )
    copies = [written(brand, None, seed) for seed in SEEDS]
    assert {copy.language for copy in copies} == {"zh-TW"}
    assert not {*"简单说认识这为"} & {*"".join(line.text for copy in copies for line in lines(copy))}


def test_words_in_a_language_without_a_table_make_no_superlative_or_safety_claim() -> None:
    brand = BrandSnapshot(
        name="Quillmere",
        taglines=["Chleb na spokojny poranek"],
        language="pl",
        statements=said("benefit", "Najlepszy chleb w mieście.", "Nasze piece są w pełni bezpieczne."),
    )
    shown = {line.text for seed in SEEDS for line in lines(written(brand, None, seed))}
    assert not any("epszy" in text or "bezpiecz" in text for text in shown)


def test_a_claim_in_the_requested_hook_is_flagged_with_its_line() -> None:
    hook = "The best bread, and 100 % safe"
    copy = write_piece_copy(PieceSpec(format="image", brand=QUILLMERE, seed="1", hook=hook))
    assert [line.text for line in copy.flagged] == [hook]
    assert [one for one in copy.warnings if one.startswith("claims: ") and "safety" in one and "superlative" in one]
    plain = write_piece_copy(PieceSpec(format="image", brand=QUILLMERE, seed="1", hook="Bread, and slow mornings"))
    assert (plain.flagged, plain.warnings) == ([], [])
