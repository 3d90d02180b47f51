"""Typical sentences: whole sentences of a brand about itself or its offer, which show its voice as quotes."""

import re
from collections.abc import Sequence
from itertools import islice

from workers.ingest.derive.selling_points import find_points_in_text
from workers.ingest.derive.tone import (
    LANGUAGES_MEASURED_IN_CHARACTERS,
    TONE_SENTENCE_END_PATTERN,
    compile_tone_pattern,
    load_voice_rules,
    measure_sentence_length,
)
from workers.ingest.page.blocks.cues import TextCue, has_text_cue
from workers.ingest.page.lead import MIN_MENTIONED_NAME_CHARS, NON_LEAD_CUES
from workers.ingest.page.lines import is_labelled, is_text_of_list, refers_back
from workers.ingest.page.names import LEGAL_FORM_PATTERN
from workers.ingest.page.text import fold_text
from workers.ingest.shapes import SourceProse
from workers.ingest.skip_rules import SentenceSkipRules

MAX_TYPICAL_SENTENCES = 3
#: Words of a typical sentence, or characters in languages that are measured so.
MIN_TYPICAL_WORDS = 6
MAX_TYPICAL_WORDS = 22
MIN_TYPICAL_CHARS = 14
MAX_TYPICAL_CHARS = 90
#: Characters of a sentence in any language.
MAX_QUOTED_CHARS = 180
#: Cues of sentences about a visit, and not about the brand.
NON_TYPICAL_CUES: tuple[TextCue, ...] = (*NON_LEAD_CUES, "hours", "time")
#: Marks of quotes, lists and labels, and addresses of the web.
UNQUOTABLE_PATTERN = re.compile(r"[\"“”„«»「」『』|•·→@{}\[\]*#\d]|:(?=\s)|：|https?:|www\.|\.\.\.|…|^\W|\s-\s")
#: Words that point at another place of the page or at the sentence before.
POINTING_WORDS = (
    r"\b(?:below|click|hier|unten|untenstehend\w*|nachfolgend\w*|ci-dessous|ici|aquí|qui sotto|abaixo|aqui|hieronder"
    r"|poniżej|tutaj|níže|zde|aşağıda\w*|ниже|здесь)\b|こちら|上記|下記|여기|아래|下方|点击|點擊|أدناه|هنا"
    r"|^(?:yes|no|ja|nein|oui|non|sí|sim|não|si|tak|nie|ano|ne|evet|hayır|да|нет|はい|いいえ|네|아니요|نعم)[,.!、 ]"
    r"|^(?:c['’]est|cela|ceci|ces?)\b|^(?:その|この|これ|それ|あの|そんな|こう|そして|また|さらに|しかし|だから)"
    r"|^(?:这|這|那|此|因此|所以|同时|同時|另外|但)|^(?:이|그|이런|그런|또한|그리고|하지만|따라서)\s"
)
#: Beginnings of conditions, which are about the reader, and of a noun with a relative clause alone.
CONDITION_WORDS = (
    r"^(?:if|whether|when|wenn|falls|ob|si|quand|se|quando|cuando|als|wanneer|jeśli|jeżeli|gdy|pokud|když|eğer|если"
    r"|когда)\b|^(?:إذا|如果|若|もし|만약)|^\w+, котор"
)
#: Words of invitations to a contact, and of notes on data.
CONTACT_WORDS = (
    r"conta[ck]t|contatt|contato|kontakt|связ|свяж|iletişim|連絡|問い合わせ|연락|문의|联系|聯絡|聯繫|تواصل"
    r"|hear from you|\b(?:questions?|fragen|preguntas?|domande|dúvidas|vragen|pytani\w+|dotaz\w*|soru\w*|вопрос\w*)\b"
    r"|personal data|privacy|gegevens|personenbezogen|données personnelles|datos personales|dati personali"
    r"|dados pessoais|dane osobowe|osobní údaje|kişisel veri|персональн|個人情報|개인정보"
)
#: Words about the site itself, thanks for a visit, announcements, vacancies and advice, and headings that ask.
SITE_WORDS = (
    r"new (?:tab|window)|neue[nmrs]? (?:tab|fenster)|nouvel(?:le)? (?:onglet|fenêtre)|nueva (?:pestaña|ventana)"
    r"|nuova (?:scheda|finestra)|nov[ao] (?:aba|guia|separador|janela)|nieuw(?:e)? (?:tabblad|venster)"
    r"|now(?:ej|ym) (?:karcie|oknie)|nov(?:é|ém) (?:kartě|záložce|okně)"
    r"|yeni (?:sekme|pencere)|нов(?:ой|ом) (?:вкладке|окне)"
    r"|新しい(?:タブ|ウィンドウ)|새 (?:탭|창)|新(?:窗口|標籤|标签|分頁)|(?:نافذة|علامة تبويب) جديدة"
    r"|ありがとうございます|ご覧いただ|当サイト|本サイト|감사합니다|환영합니다|感谢您的|感謝您的|歡迎|شكر[اً]+ ل"
    r"|\b(?:coming soon|demnächst|bientôt|próximamente|prossimamente|em breve|binnenkort|wkrótce|již brzy"
    r"|yakında|скоро)\b|近日公開|곧 공개|即将上线|即將上線|قريب[اً]+$"
    r"|stellenangebot|offene stellen|job openings|vacancies|offres d['’]emploi|ofertas de empleo|offerte di lavoro"
    r"|vagas de emprego|vacatures|oferty pracy|volná místa|iş ilan|вакансии|採用情報|求人|채용|招聘|وظائف شاغرة"
    r"|we recommend|empfehlen wir|wir empfehlen|recommandons|recomendamos|consigliamo|raden (?:we|wij) (?:je |u )?aan"
    r"|wij raden|zalecamy|doporučujeme|öneririz|рекомендуем|おすすめします|권장|建议您|建議您|ننصح"
    r"|^(?:why|how|wann|warum|wie|pourquoi|comment|por qué|cómo|perché|come|por que|como|waarom|hoe|dlaczego|jak|proč"
    r"|neden|nasıl|почему|как)\b"
)
NON_TYPICAL_PATTERN = re.compile(f"{POINTING_WORDS}|{CONDITION_WORDS}|{CONTACT_WORDS}|{SITE_WORDS}", re.IGNORECASE)
#: Quotable sentences that are compared, the first of the page.
MAX_COMPARED_SENTENCES = 12
#: Words of a sentence above which a shorter one is better, or characters in languages that are measured so.
MAX_TERSE_WORDS = 17
MAX_TERSE_CHARS = 60
#: Beginnings by which a person tells a name or a profession, and plans of a brand: both are less typical.
INTRODUCTION_OR_PLAN_PATTERN = re.compile(
    r"^(?:i am|i['’]m|my name|ich bin|mein name|ich heiße|je suis|je m['’]appelle|soy|me llamo|mi nombre|sono|mi chiamo"
    r"|(?:eu )?sou|chamo-me|meu nome|ik ben|mijn naam|jestem|nazywam|mam na imię|jsem|jmenuji|benim adım|меня зовут)\b"
    r"|と申します|^저는 .{0,20}입니다|^我是|^أنا |\b\w{3,}remos?\b",
    re.IGNORECASE,
)
#: Marks between the items of a list, and those of them from which a sentence lists an offer.
LIST_MARK_PATTERN = re.compile(r"[,、，،]")
MIN_MARKS_OF_LIST = 3


def find_typical_sentences(prose: SourceProse, sentences: Sequence[str], language: str) -> list[str]:
    """Return at most `MAX_TYPICAL_SENTENCES` of a brand's sentences.

    They are statements with a finite verb. Those with the brand's person or name precede other ones. Of the first
    ones the most typical precede: they are short, and are neither lists nor introductions.
    """
    rules = load_voice_rules()[language]
    person = compile_tone_pattern("|".join(form.pattern for form in rules.person.values()))
    verb, request = compile_tone_pattern(rules.finite), compile_tone_pattern(rules.imperative)
    name = fold_text(LEGAL_FORM_PATTERN.sub("", prose.name or ""))

    def is_statement(sentence: str) -> bool:
        return verb.search(sentence) is not None and request.search(sentence) is None

    def is_about_others(sentence: str) -> bool:
        is_named = len(name) >= MIN_MENTIONED_NAME_CHARS and name in fold_text(sentence)
        return person.search(sentence) is None and not is_named

    skip_rules = SentenceSkipRules(language)
    typical = (
        sentence
        for sentence in sorted(sentences, key=is_about_others)
        if may_be_quoted(sentence, language, skip_rules) and is_statement(sentence)
    )
    compared = sorted(
        islice(typical, MAX_COMPARED_SENTENCES),
        key=lambda sentence: (is_about_others(sentence), count_untypical_signs(sentence, language)),
    )
    return compared[:MAX_TYPICAL_SENTENCES]


def count_untypical_signs(sentence: str, language: str) -> int:
    """Return the signs of a dull quote: length without a selling point, and twice each list, introduction or plan."""
    is_by_characters = language in LANGUAGES_MEASURED_IN_CHARACTERS
    is_long = measure_sentence_length(sentence, language) > (MAX_TERSE_CHARS if is_by_characters else MAX_TERSE_WORDS)
    is_list = len(LIST_MARK_PATTERN.findall(sentence)) >= MIN_MARKS_OF_LIST
    is_introduction = INTRODUCTION_OR_PLAN_PATTERN.search(sentence) is not None
    is_dull = is_long and not find_points_in_text(sentence, language, brand_name="")
    return is_dull + 2 * (is_list + is_introduction)


def may_be_quoted(sentence: str, language: str, skip_rules: SentenceSkipRules) -> bool:
    """Return whether a sentence is whole, and stands by itself without facts of a visit."""
    if not (has_quotable_length(sentence, language) and TONE_SENTENCE_END_PATTERN.search(sentence)):
        return False
    if UNQUOTABLE_PATTERN.search(sentence) or NON_TYPICAL_PATTERN.search(sentence):
        return False
    lower_sentence = sentence.lower()
    return not (
        refers_back(sentence, language)
        or is_labelled(sentence)
        or is_text_of_list(sentence)
        or any(has_text_cue(lower_sentence, cue) for cue in NON_TYPICAL_CUES)
        or skip_rules.classify_skipped_sentence(sentence)
    )


def has_quotable_length(sentence: str, language: str) -> bool:
    length = measure_sentence_length(sentence, language)
    is_counted_in_characters = language in LANGUAGES_MEASURED_IN_CHARACTERS
    least, most = (
        (MIN_TYPICAL_CHARS, MAX_TYPICAL_CHARS) if is_counted_in_characters else (MIN_TYPICAL_WORDS, MAX_TYPICAL_WORDS)
    )
    return least <= length <= most and len(sentence) <= MAX_QUOTED_CHARS
