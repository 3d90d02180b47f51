"""Tables of the languages with words of the writer's own, one file each in `data/`.

`table.py` is the shape of a table. Read `table.py` and `data/en.toml` first.
"""

from collections.abc import Mapping
from importlib.resources import files

import msgspec

from generation.copy.chinese import TRADITIONAL_CHINESE, write_in_traditional_characters
from generation.copy.languages.table import LanguageTable

_TABLE_TEXTS = {
    source.name.removesuffix(".toml"): source.read_text("utf-8")
    for source in sorted(files(__package__).joinpath("data").iterdir(), key=lambda source: source.name)
    if source.name.endswith(".toml")
}
_TABLE_TEXTS[TRADITIONAL_CHINESE] = write_in_traditional_characters(_TABLE_TEXTS["zh"])
LANGUAGE_TABLES: Mapping[str, LanguageTable] = {
    language: msgspec.toml.decode(text, type=LanguageTable) for language, text in _TABLE_TEXTS.items()
}
#: Claims by kind of languages without a table.
UNTABLED_LANGUAGE_CLAIMS: Mapping[str, Mapping[str, str]] = msgspec.toml.decode(
    files(__package__).joinpath("untabled_claims.toml").read_bytes(), type=dict[str, dict[str, str]]
)
#: Languages that are told by their common words.
DETECTED_LANGUAGES = tuple(language for language, table in LANGUAGE_TABLES.items() if table.reading.glue)
#: Language of brands that declare none.
DEFAULT_LANGUAGE = "en"
#: Notes that a presenter is no real person, in languages without a table.
PRESENTER_DISCLOSURES: Mapping[str, str] = {
    "ar": "شخصية رقمية، وليست شخصًا حقيقيًا",
    "cs": "digitální postava, ne skutečná osoba",
    "da": "en digital figur, ikke en virkelig person",
    "el": "ψηφιακός χαρακτήρας, όχι πραγματικό πρόσωπο",
    "fa": "شخصیتی دیجیتال، نه یک فرد واقعی",
    "fi": "digitaalinen hahmo, ei oikea henkilö",
    "he": "דמות דיגיטלית, לא אדם אמיתי",
    "hi": "एक डिजिटल प्रस्तुतकर्ता, कोई वास्तविक व्यक्ति नहीं",
    "hu": "digitális szereplő, nem valódi személy",
    "id": "tokoh digital, bukan orang sungguhan",
    "it": "una figura digitale, non una persona reale",
    "iw": "דמות דיגיטלית, לא אדם אמיתי",
    "ja": "デジタルのキャラクターで、実在の人物ではありません",
    "ko": "디지털 진행자이며 실제 인물이 아닙니다",
    "nb": "en digital figur, ikke en virkelig person",
    "nl": "een digitale figuur, geen echte persoon",
    "no": "en digital figur, ikke en virkelig person",
    "pl": "postać cyfrowa, nie prawdziwa osoba",
    "pt": "uma figura digital, não uma pessoa real",
    "ro": "un personaj digital, nu o persoană reală",
    "ru": "цифровой персонаж, а не реальный человек",
    "sv": "en digital figur, inte en verklig person",
    "th": "ตัวละครดิจิทัล ไม่ใช่บุคคลจริง",
    "tr": "dijital bir karakter, gerçek bir kişi değil",
    "uk": "цифровий персонаж, а не реальна людина",
    "vi": "nhân vật kỹ thuật số, không phải người thật",
    "zh": "数字虚拟形象，并非真人",
}


def primary_language(tag: str | None) -> str:
    """Return the language in a BCP-47 tag, such as `de` of `de-AT`; English without a tag."""
    return (tag or DEFAULT_LANGUAGE).replace("_", "-").partition("-")[0].lower()
