"""Skip rules in each language of a lexicon, and sentences that are not skipped."""

import re
from collections.abc import Iterator

import pytest

from tests.corpora import store_description, store_texts
from workers.ingest.derive.lexicon import load_lexicon
from workers.ingest.skip_rules import SentenceSkipRules

SENTENCES: dict[str, dict[str, str]] = {
    "en": {
        "state": "This is an early version of Zap.",
        "news": "Zap 2 is now available in every store.",
        "history": "Zap was started in 2012 as a weekend project.",
        "price": "Try it for 7 days, then $4.99 a month.",
        "praise": "Featured by the store as App of the Day.",
        "request": "Please tell your friends about it.",
        "greeting": "Welcome to the home of Zap!",
    },
    "de": {
        "state": "Zap wird nicht mehr weiterentwickelt.",
        "news": "Zap ist jetzt verfügbar, auch im Web.",
        "history": "Zap wurde 2012 als Studienarbeit begonnen.",
        "price": "Danach kostet ein Monat 4,99 €.",
        "praise": "Ausgezeichnet als App des Jahres.",
        "request": "Bitte erzähle deinen Freunden davon.",
        "greeting": "Willkommen bei Zap!",
    },
    "fr": {
        "state": "Zap est encore en cours de développement.",
        "news": "Zap est désormais disponible partout.",
        "history": "Zap a été créée en 2012 par deux amies.",
        "price": "Ensuite 4,99 € par mois.",
        "praise": "Élue application de l'année.",
        "request": "N'hésitez pas à nous écrire.",
        "greeting": "Bienvenue chez Zap !",
    },
    "es": {
        "state": "Zap todavía está en desarrollo.",
        "news": "Zap ya está disponible en todas partes.",
        "history": "Zap fue creada en 2012 por dos amigas.",
        "price": "Después cuesta 4,99 € al mes.",
        "praise": "Elegida aplicación del año.",
        "request": "Por favor, cuéntaselo a tus amigos.",
        "greeting": "¡Bienvenidos a Zap!",
    },
    "it": {
        "state": "Zap è ancora in fase di sviluppo.",
        "news": "Zap è finalmente disponibile ovunque.",
        "history": "Zap è stata creata nel 2012 da due amiche.",
        "price": "Poi costa 4,99 € al mese.",
        "praise": "Premiata come app dell'anno.",
        "request": "Per favore, parlane con gli amici.",
        "greeting": "Benvenuti in Zap!",
    },
    "nl": {
        "state": "Zap is nog in ontwikkeling.",
        "news": "Zap is nu beschikbaar in elke winkel.",
        "history": "Zap werd in 2012 gemaakt als proef.",
        "price": "Daarna kost het € 4,99 per maand.",
        "praise": "Verkozen tot app van het jaar.",
        "request": "Vergeet niet om je vrienden te vertellen.",
        "greeting": "Welkom bij Zap!",
    },
    "pt": {
        "state": "O Zap ainda está em desenvolvimento.",
        "news": "O Zap já está disponível em todo lugar.",
        "history": "O Zap foi criado em 2012 por duas amigas.",
        "price": "Depois custa R$ 9,90 por mês.",
        "praise": "Eleito aplicativo do ano.",
        "request": "Por favor, conte aos seus amigos.",
        "greeting": "Bem-vindos ao Zap!",
    },
    "ru": {
        "state": "Zap больше не поддерживается.",
        "news": "Zap теперь доступен везде.",
        "history": "Zap был создан в 2012 году двумя подругами.",
        "price": "Потом он стоит 199 ₽ в месяц.",
        "praise": "Выбрано редакцией: приложение года.",
        "request": "Пожалуйста, расскажите друзьям.",
        "greeting": "Добро пожаловать в Zap!",
    },
}


@pytest.mark.parametrize("language", SENTENCES)
def test_each_kind_is_skipped_in_each_language(language: str) -> None:
    kinds = {
        kind: SentenceSkipRules(language).classify_skipped_sentence(said) for kind, said in SENTENCES[language].items()
    }
    assert kinds == {kind: kind for kind in load_lexicon(language).asides}


@pytest.mark.parametrize(
    ("language", "sentence", "kind"),
    [
        ("ja", "このアプリは準備中です。", "state"),
        ("tr", "Zap çok yakında sizlerle.", "state"),
        ("pl", "Kliknij tutaj, aby pobrać.", "request"),
        ("ko", "감사합니다 여러분.", "request"),
        ("cs", "Vítejte na stránkách Zap.", "greeting"),
        ("ja", "話したことを絵にするアプリです。", None),
    ],
)
def test_cues_of_pages_count_in_a_language_without_a_lexicon(language: str, sentence: str, kind: str | None) -> None:
    assert SentenceSkipRules(language).classify_skipped_sentence(sentence) == kind


@pytest.mark.parametrize("language", [*SENTENCES, "ja", "tlh", None])
def test_questions_quotes_and_english_phrases_are_skipped_in_any_language(language: str | None) -> None:
    skip_rules = SentenceSkipRules(language)
    assert (
        skip_rules.classify_skipped_sentence("Zap?")
        == skip_rules.classify_skipped_sentence("ザップは何ですか？")
        == "question"
    )
    assert (
        skip_rules.classify_skipped_sentence("“The best of all” – Wired")
        == skip_rules.classify_skipped_sentence("«Zap!»")
        == "quote"
    )
    assert skip_rules.classify_skipped_sentence("No longer maintained.") == "state"


@pytest.mark.parametrize(
    ("paragraph", "kept"),
    [
        ("Tired of lists? Zap sorts them. It is fast. Only $2!", "Zap sorts them. It is fast."),
        ("Welcome to Zap! It sorts lists (yours, too). Rated 4.9 stars.", "It sorts lists (yours, too)."),
        ("Zap sorts lists. Do you? It is fun. Are you sure? Only $2!", "Zap sorts lists. Do you? It is fun."),
        ("Zap 2 is now available. It sorts lists.", ""),
        ("一つにまとめます。共有します。無料ですか？", "一つにまとめます。共有します。"),
        ("Really? Why?", ""),
        ("", ""),
    ],
)
def test_a_paragraph_counts_up_to_the_next_skipped_sentence(paragraph: str, kept: str) -> None:
    """News, a state or a past determine the rest of their paragraph; a greeting doesn't."""
    assert SentenceSkipRules("en").keep_leading_product_sentences(paragraph) == kept


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "The award-winning weather app that shows tomorrow in high detail."),
        ("en", "Wipe your lists and write new ones in an app that is free of ads."),
        ("en", "V2Ray client for phones, with versions for every platform."),
        ("en", "Welcome to Zap, the app in which children hear stories."),
        ("en", "Track your spending since you know what things cost."),
        ("de", "Kostenlose, werbefreie App für alle, die neu in der Stadt sind."),
        ("fr", "Une application gratuite, sans publicité, pour suivre son sommeil."),
        ("es", "Una aplicación gratuita y sin publicidad para tus listas."),
    ],
)
def test_describing_sentences_are_not_skipped(language: str, sentence: str) -> None:
    assert SentenceSkipRules(language).classify_skipped_sentence(sentence) is None


def first_sentences() -> Iterator[tuple[str, str]]:
    """Yield the first sentence of developers' store texts (it describes the app) with its language."""
    for repository, locale, listing in store_texts():
        text = store_description(listing)
        if text and not text.startswith("..") and "Fossify" not in repository:
            yield locale[:2], re.sub(r"<[^>]+>", "", text).strip().splitlines()[0]


def test_real_descriptions_are_not_skipped() -> None:
    sentences = list(first_sentences())
    assert len(sentences) > 90
    assert [
        text for language, text in sentences if not SentenceSkipRules(language).keep_leading_product_sentences(text)
    ] == []
