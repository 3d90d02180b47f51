"""The language of real store texts, as their developers wrote them in each locale."""

import json
from collections import defaultdict

import pytest

from tests.corpora import corpus
from tests.workers.ingest.github.github_files import reading
from workers.ingest.languages import primary, standard

#: Texts of these are few, and another language's words or a script that is one language's alone to the model.
BEYOND = {"ia", "sat"}
TEXTS = ("description", "full_description")


def store_texts() -> dict[str, list[tuple[str, str]]]:
    """By language, each locale's long text; what is only the English one again is no translation."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for path in sorted(corpus("github").glob("*/expected.json")):
        for locales in json.loads(path.read_text()).values():
            english = {locales.get("en-US", {}).get(name) for name in TEXTS}
            for locale, texts in locales.items():
                long = [texts[name] for name in TEXTS if len(texts.get(name) or "") >= 250]
                if (tag := standard(locale)) and long and (long[0] not in english or locale == "en-US"):
                    found[primary(tag)].append((locale, long[0]))
    return found


@pytest.mark.parametrize("locale", ["own", "default"])
def test_the_language_of_a_repositorys_store_texts_is_told(locale: str) -> None:
    """With the locale beside them and without: the text alone is enough."""
    texts = store_texts()
    wrong = []
    for language in texts.keys() - BEYOND:
        for own, text in texts[language]:
            name = own if locale == "own" else locale
            found = reading({f"fastlane/metadata/android/{name}/full_description.txt": text})
            if primary(found["primaryLanguage"]) != language:
                wrong.append((language, found["primaryLanguage"], text[:60]))
    assert len(texts.keys() - BEYOND) >= 30
    assert wrong == []


def test_a_language_that_the_model_does_not_know_is_left_to_its_locale() -> None:
    santali = "ᱟᱱᱰᱨᱚᱭᱮᱰ ᱞᱟᱹᱜᱤᱫ ᱢᱤᱫ ᱟᱞᱜᱟ ᱟᱨ ᱪᱚᱨᱚᱠ ᱠᱟᱞᱠᱩᱞᱮᱴᱚᱨ " * 8
    found = reading({"fastlane/metadata/android/sat/full_description.txt": santali})
    assert found["primaryLanguage"] == "sat"
