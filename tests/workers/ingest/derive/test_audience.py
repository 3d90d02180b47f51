"""The audience: only people after a cue, in each language of a lexicon, with a quote."""

import pytest

from tests.workers.ingest.derive.prose import URL, derived, prose, value
from workers.ingest.shapes import Passage, SourceProse

FILLER = ("Tides.", "Currents.", "Harbours.")


#: Sentences of each lexicon, with the product's users, or None.
SENTENCES: dict[str, list[tuple[str, str | None]]] = {
    "en": [
        ("Built for freelancers and small teams.", "Freelancers and small teams"),
        ("Whether you're a designer, a developer or a busy founder, it fits.", "Designers, developers and founders"),
        ("The invoicing app for small businesses that hate invoices.", "Small businesses"),
        ("Acme helps landlords collect rent.", "Landlords"),
        ("We help families, couples and roommates share costs.", "Families, couples and roommates"),
        ("Built for desıgners and ſtudents", "Designers and students"),
        ("We are hiring developers, designers and accountants.", None),
        ("Built for our teams.", None),
        ("Designed for student loans.", None),
        ("Made for speed. Developers wrote it.", None),
        ("A tool for free, and 3 years later for restaurants", None),
        ("", None),
    ],
    "de": [
        ("Entwickelt für Freiberufler und kleine Unternehmen.", "Freelancer und kleine Unternehmen"),
        ("Entwickelt für Großunternehmen und Kanzleien.", "Großunternehmen und Anwälte"),
    ],
    "fr": [
        ("Conçu pour les artisans et les petites entreprises.", "Artisans et petites entreprises"),
        ("Une application destinée aux étudiants et aux enseignants.", "Étudiants et enseignants"),
    ],
    "es": [("Diseñado para autónomos y pequeñas empresas.", "Emprendedores y pequeñas empresas")],
    "es-MX": [("La plataforma para agencias de marketing y diseñadores.", "Agencias de marketing y diseñadores")],
    "it": [
        ("Pensato per freelance e piccole imprese.", "Freelance e piccole imprese"),
        ("Creata per studenti e insegnanti.", "Studenti e insegnanti"),
        ("L’app per famiglie.", "Famiglie"),
        ("Ideale per viaggiatori e fotografi.", "Viaggiatori e fotografi"),
        ("Rivolto a medici e infermieri.", "Medici e infermieri"),
        ("Dedicata agli avvocati.", "Avvocati"),
        ("Aiutiamo investitori e risparmiatori a decidere.", "Investitori e risparmiatori"),
        ("Un software per agenti immobiliari e consulenti finanziari.", "Agenti immobiliari e consulenti finanziari"),
        ("Cerchiamo sviluppatori e designer.", None),
        ("Fatto per i nostri clienti e team.", None),
        ("Gli insegnanti amano i quaderni.", None),
        ("Una polizza per studenti costa di più.", None),
        ("Grazie ai volontari del progetto.", None),
    ],
    "nl": [
        ("Gemaakt voor freelancers en kleine bedrijven.", "Freelancers en kleine bedrijven"),
        ("De app voor gezinnen.", "Gezinnen"),
        ("Ideaal voor reizigers en fotografen.", "Reizigers en fotografen"),
        ("Wij helpen beleggers om rustig te kiezen.", "Investeerders"),
        ("Vertrouwd door makelaars en huurders.", "Makelaars en huurders"),
        ("Of je nu een freelancer of een blogger bent, het past.", "Freelancers en bloggers"),
        ("Wij zoeken ontwikkelaars en ontwerpers.", None),
        ("Gemaakt voor onze klanten en teams.", None),
        ("Leraren houden van schriften.", None),
        ("Een verzekering voor studenten kost meer dan vroeger.", None),
        ("Met dank aan de vrijwilligers van het project.", None),
    ],
    "pt": [
        ("Feito para freelancers e pequenas empresas.", "Freelancers e pequenas empresas"),
        ("O aplicativo para famílias.", "Famílias"),
        ("Ideal para viajantes e fotógrafos.", "Viajantes e fotógrafos"),
        ("Pensada para lojistas e restaurantes.", "Varejistas e restaurantes"),
        ("Destinado a médicos e enfermeiros.", "Médicos e enfermeiros"),
        ("Voltado para advogados.", "Advogados"),
        ("Ajudamos investidores a decidir com calma.", "Investidores"),
        ("Um software para imobiliárias e consultores financeiros.", "Corretores de imóveis e consultores financeiros"),
        ("Seja você um músico ou um fotógrafo, ele serve.", "Músicos e fotógrafos"),
        ("Contratamos desenvolvedores e designers.", None),
        ("Feito para os nossos clientes e equipes.", None),
        ("Os professores gostam de cadernos.", None),
        ("Um seguro para estudantes estrangeiros custa mais.", None),
        ("Obrigado aos voluntários do projeto.", None),
    ],
    "ru": [
        ("Создано для фрилансеров и малого бизнеса.", "Фрилансеры и малый бизнес"),
        ("Приложение для семей.", "Семьи"),
        ("Идеально для путешественников и фотографов.", "Путешественники и фотографы"),
        ("Подходит для магазинов и ресторанов.", "Магазины и рестораны"),
        ("Программа для риелторов и арендаторов.", "Риелторы и арендаторы"),
        ("Отлично подойдёт для велосипедистов, бегунов и яхтсменов.", "Велосипедисты, бегуны и яхтсмены"),
        ("Создана специально для веб-разработчиков.", "Веб-разработчики"),
        ("Мы ищем разработчиков и дизайнеров.", None),
        ("Сделано для наших клиентов и команд.", None),
        ("Учителя любят тетради.", None),
        ("Страховка для студентов стоит дороже.", None),
        ("Спасибо волонтёрам проекта.", None),
    ],
}


@pytest.mark.parametrize("language", SENTENCES)
def test_only_people_after_a_cue_are_the_audience(language: str) -> None:
    for text, audience in SENTENCES[language]:
        candidate = derived(prose(*FILLER, text, language=language)).get("audience")
        assert (candidate and candidate.value) == audience, text
        assert candidate is None or candidate.evidence == [text]


def test_a_plain_cue_counts_only_in_headings_and_first_passages() -> None:
    line = "Tide tables for sailors."
    assert value("audience", prose(line)) == "Sailors"
    assert value("audience", prose(*FILLER, line)) is None
    heading = SourceProse(url=URL, language="en", passages=[Passage(text=line, kind="heading")])
    assert value("audience", heading) == "Sailors"
    assert value("audience", prose("For sailors")) is None


def test_a_story_gives_neither_audience_nor_customer() -> None:
    texts = ("Built for accountants and small businesses.", "Acme helps you send invoices in seconds.")
    assert derived(prose(*texts)).keys() >= {"audience", "icp"}
    assert not {"audience", "icp"} & derived(prose(*texts, story=True)).keys()


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
    assert (
        value("audience", source("de", "Gezeiten für Unternehmen und Privatkunden")) == "Unternehmen und Privatkunden"
    )
    assert value("audience", source("de", "Gezeiten für Unternehmen")) is None


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Casino games, not for children"),
        ("en", "We are looking for developers"),
        ("de", "Ist nicht für Kinder geeignet"),
        ("fr", "Interdit aux enfants"),
        ("zh", "作为一家由医生创办的公司"),
    ],
)
def test_a_refused_or_wanted_group_is_no_audience(language: str, text: str) -> None:
    passages = [Passage(text=text, kind="heading", role="hero", url=URL)]
    assert value("audience", SourceProse(url=URL, language=language, about=[text], passages=passages)) is None


def test_questions_of_an_faq_name_no_audience() -> None:
    passages = [Passage(text=f"Is it safe for children {number}?", role="faq", url=URL) for number in range(5)]
    assert value("audience", SourceProse(url=URL, language="en", passages=passages)) is None


def source(language: str, about: str, *headings: str, texts: tuple[str, ...] = ()) -> SourceProse:
    passages = [
        *(Passage(text=text, kind="heading", url=URL) for text in headings),
        *(Passage(text=text, url=URL) for text in texts),
    ]
    return SourceProse(url=URL, language=language, about=[about], passages=passages)


@pytest.mark.parametrize(
    ("language", "title", "audience"),
    [
        ("de", "Schwimmkurse für Kinder", "Kinder und Eltern"),
        ("de", "Kehrer, Gebäudereinigung für Unternehmen", "Unternehmen und Haushalte"),
    ],
)
def test_a_general_or_dependent_group_is_completed_by_the_trades(language: str, title: str, audience: str) -> None:
    candidate = derived(source(language, title))["audience"]
    assert candidate.value == audience
    assert [part.basis for part in candidate.parts] == ["stated", "inferred"]


def test_other_customers_of_the_trade_count_if_the_source_names_them() -> None:
    assert value("audience", source("en", "Roof repairs for schools")) == "Schools"
    assert value("audience", source("en", "Dentist")) == "Patients and families"
    for text, is_named in (("Farmers call us, too.", True), ("Solar panels without farmers.", False)):
        audience = value("audience", source("en", "Solar panels of Leeds", texts=(text,)))
        assert ("farmers" in str(audience)) is is_named


@pytest.mark.parametrize(
    ("title", "audience"),
    [
        ("Tides for startups, businesses and sailors", "Startups and sailors"),
        ("Tides for anxious patients, patients and sailors", "Patients and sailors"),
    ],
)
def test_a_general_group_beside_a_special_one_says_nothing(title: str, audience: str) -> None:
    assert value("audience", source("en", title)) == audience


@pytest.mark.parametrize(
    ("language", "title", "group"),
    [
        ("de", "Restaurant am See für Familien und Gastronomen", "Gastronom"),
        ("en", "Hairdresser for hairdressers", "Salons"),
        ("de", "Hotel am See für Familien und Hoteliers", "Hotelier"),
        ("en", "Bakery with training for apprentices", "Apprentices"),
        ("en", "Accounting for our employees", "Employees"),
        ("en", "A board game for two students", "Students"),
    ],
    ids=["own trade", "own kind", "peers", "hired", "own staff", "a number"],
)
def test_the_brands_own_people_are_no_customers(language: str, title: str, group: str) -> None:
    assert group.casefold() not in str(value("audience", source(language, title))).casefold()


def test_the_trade_of_a_list_of_customers_tells_no_others() -> None:
    audience = value("audience", source("en", "Tide tables for campsites, sailors and anglers"))
    assert audience == "Sailors and anglers"


def test_a_list_in_prose_names_customers_but_a_single_group_is_an_aside() -> None:
    texts = (*FILLER, "Wir arbeiten für Bauherren, Architekten und Waldbesitzer.")
    assert value("audience", source("de", "Schreinerei", texts=texts)) == "Bauherren, Architekten und Waldbesitzer"
    asides = (*FILLER, *("Daneben liegt ein Spielplatz für Kinder.",) * 3)
    assert "Kinder" not in str(value("audience", source("de", "Schreinerei", texts=asides)))


def test_segments_count_if_there_are_two() -> None:
    headings = ("For students", "For retailers")
    assert value("audience", source("en", "Tides", *headings)) == "Students and retailers"
    assert value("audience", source("en", "Tides", headings[0])) is None


def test_a_list_of_customers_names_groups_up_to_the_next_section() -> None:
    groups = ("Familien mit Hund", "Wanderer", "Unsere Öffnungszeiten", "Radfahrer")
    assert value("audience", source("de", "Gezeiten", "Für wen?", *groups)) == "Familien und Wanderer"
    assert value("audience", source("de", "Gezeiten", *groups)) is None
