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
        ("Entwickelt für Freiberufler und kleine Unternehmen.", "Freelancers and small businesses"),
        ("Entwickelt für Großunternehmen und Kanzleien.", "Enterprises and lawyers"),
    ],
    "fr": [
        ("Conçu pour les artisans et les petites entreprises.", "Tradespeople and small businesses"),
        ("Une application destinée aux étudiants et aux enseignants.", "Students and teachers"),
    ],
    "es": [("Diseñado para autónomos y pequeñas empresas.", "Entrepreneurs and small businesses")],
    "es-MX": [("La plataforma para agencias de marketing y diseñadores.", "Marketing agencies and designers")],
    "it": [
        ("Pensato per freelance e piccole imprese.", "Freelancers and small businesses"),
        ("Creata per studenti e insegnanti.", "Students and teachers"),
        ("L’app per famiglie.", "Families"),
        ("Ideale per viaggiatori e fotografi.", "Travelers and photographers"),
        ("Rivolto a medici e infermieri.", "Doctors and nurses"),
        ("Dedicata agli avvocati.", "Lawyers"),
        ("Aiutiamo investitori e risparmiatori a decidere.", "Investors and savers"),
        ("Un software per agenti immobiliari e consulenti finanziari.", "Real estate agents and advisors"),
        ("Cerchiamo sviluppatori e designer.", None),
        ("Fatto per i nostri clienti e team.", None),
        ("Gli insegnanti amano i quaderni.", None),
        ("Una polizza per studenti costa di più.", None),
        ("Grazie ai volontari del progetto.", None),
    ],
    "nl": [
        ("Gemaakt voor freelancers en kleine bedrijven.", "Freelancers and small businesses"),
        ("De app voor gezinnen.", "Families"),
        ("Ideaal voor reizigers en fotografen.", "Travelers and photographers"),
        ("Wij helpen beleggers om rustig te kiezen.", "Investors"),
        ("Vertrouwd door makelaars en huurders.", "Real estate agents and tenants"),
        ("Of je nu een freelancer of een blogger bent, het past.", "Freelancers and bloggers"),
        ("Wij zoeken ontwikkelaars en ontwerpers.", None),
        ("Gemaakt voor onze klanten en teams.", None),
        ("Leraren houden van schriften.", None),
        ("Een verzekering voor studenten kost meer dan vroeger.", None),
        ("Met dank aan de vrijwilligers van het project.", None),
    ],
    "pt": [
        ("Feito para freelancers e pequenas empresas.", "Freelancers and small businesses"),
        ("O aplicativo para famílias.", "Families"),
        ("Ideal para viajantes e fotógrafos.", "Travelers and photographers"),
        ("Pensada para lojistas e restaurantes.", "Retailers and restaurants"),
        ("Destinado a médicos e enfermeiros.", "Doctors and nurses"),
        ("Voltado para advogados.", "Lawyers"),
        ("Ajudamos investidores a decidir com calma.", "Investors"),
        ("Um software para imobiliárias e consultores financeiros.", "Real estate agents and advisors"),
        ("Seja você um músico ou um fotógrafo, ele serve.", "Musicians and photographers"),
        ("Contratamos desenvolvedores e designers.", None),
        ("Feito para os nossos clientes e equipes.", None),
        ("Os professores gostam de cadernos.", None),
        ("Um seguro para estudantes estrangeiros custa mais.", None),
        ("Obrigado aos voluntários do projeto.", None),
    ],
    "ru": [
        ("Создано для фрилансеров и малого бизнеса.", "Freelancers and small businesses"),
        ("Приложение для семей.", "Families"),
        ("Идеально для путешественников и фотографов.", "Travelers and photographers"),
        ("Подходит для магазинов и ресторанов.", "Retailers and restaurants"),
        ("Программа для риелторов и арендаторов.", "Real estate agents and tenants"),
        ("Отлично подойдёт для велосипедистов, бегунов и яхтсменов.", "Cyclists, runners and sailors"),
        ("Создана специально для веб-разработчиков.", "Web developers"),
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
