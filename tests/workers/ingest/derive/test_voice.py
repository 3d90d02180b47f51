"""The voice: traits by thresholds, each shown by a quote."""

import pytest

from tests.workers.ingest.derive.prose import derived, prose, value

PAD = "The harbour has a table of tides and a map of all currents around it."
LONG = (
    "Notwithstanding considerable organizational heterogeneity, comprehensive infrastructural "
    "interoperability necessitates standardized authentication mechanisms throughout participating "
    "institutions, particularly regarding confidential administrative correspondence between the "
    "departments and all of the regional authorities."
)


def test_casual_and_enthusiastic() -> None:
    text = ["You'll love it! It's your harbour, and we've got you covered.", "Hey, don't wait! 🎉", PAD]
    voice = derived(prose(*text * 3))["brandVoice"]
    assert voice.value == (
        "Casual and enthusiastic, speaks to the reader as “you”, in short plain sentences."
    )
    assert voice.evidence[0] == "You'll love it!"
    assert "Hey, don't wait!" in voice.evidence


PLAIN = "Карта приливов и течений для всех гаваней, и все маршруты остаются на устройстве."


@pytest.mark.parametrize(
    ("texts", "language", "voice"),
    [
        ([PAD] * 6, "en", "Matter-of-fact, in plain language."),
        ([LONG] * 5, "en", "Formal and matter-of-fact, in long technical sentences."),
        (["Hey, you'll love it! 🎉", "Don't wait, you! 🎉"], "en", None),
        ([PLAIN] * 10, "ru", None),
    ],
)
def test_a_voice_takes_text_and_rules(texts: list[str], language: str, voice: str | None) -> None:
    assert value("brandVoice", prose(*texts, language=language)) == voice


def test_emoji_alone_make_it_casual_and_stars_do_not() -> None:
    pieces = [PAD, PAD, "🚀 Fast tables", PAD, "⚓ Safe harbours", PAD, PAD, PAD]
    assert str(value("brandVoice", prose(*pieces))).startswith("Casual")
    stars = [text.replace("🚀", "★").replace("⚓", "✓") for text in pieces]
    assert str(value("brandVoice", prose(*stars))).startswith("Matter-of-fact")


DU = "Mit der Karte findest du alle Häfen, und deine Touren bleiben auf deinem Gerät."
SIE = "Mit der Karte finden Sie alle Häfen, und auf Wunsch bleiben Ihre Touren auf dem Gerät."
TU = "Avec la carte tu trouves tous les ports, et tes trajets restent chez toi."
VOUS = "Avec la carte vous trouvez tous les ports, et vos trajets restent sur votre appareil."
TUTEO = "Con el mapa encuentras tú todos los puertos, y tus rutas se quedan en tu móvil."
USTED = "Con el mapa usted encuentra todos los puertos, y sus rutas se quedan con usted."


@pytest.mark.parametrize(
    ("language", "text", "tone", "word"),
    [
        ("de", DU, "Casual", "du"),
        ("de-AT", SIE, "Formal", "Sie"),
        ("fr", TU, "Casual", "tu"),
        ("fr", VOUS, "Matter-of-fact", "vous"),
        ("es-MX", TUTEO, "Casual", "tú"),
        ("es", USTED, "Formal", "usted"),
    ],
)
def test_how_the_reader_is_addressed(language: str, text: str, tone: str, word: str) -> None:
    voice = derived(prose(*[text] * 8, language=language))["brandVoice"]
    assert str(voice.value).startswith(tone)
    assert f"speaks to the reader as “{word}”" in str(voice.value)
    assert voice.evidence[0] == text


def test_sie_at_the_start_or_in_lower_case_may_be_she() -> None:
    text = "Sie segelt im Hafen, und als sie ankam, war es Nacht; danach schlief ihr Kind."
    assert "“Sie”" not in str(value("brandVoice", prose(*[text] * 8, language="de")))
