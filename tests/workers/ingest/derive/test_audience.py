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
        ("La piattaforma per agenzie di marketing e designer.", "Marketing agencies and designers"),
        ("Ideale per viaggiatori e fotografi.", "Travelers and photographers"),
        ("Progettato per negozianti e ristoranti.", "Retailers and restaurants"),
        ("Rivolto a medici e infermieri.", "Doctors and nurses"),
        ("Dedicata agli avvocati.", "Lawyers"),
        ("Sviluppato per piccoli team.", "Small teams"),
        ("Aiutiamo investitori e risparmiatori a decidere.", "Investors and savers"),
        ("Lo strumento per creatori di contenuti.", "Creators"),
        ("Un software per agenti immobiliari e consulenti finanziari.", "Real estate agents and advisors"),
        ("Ideale per ciclisti, escursionisti e velisti.", "Cyclists, hikers and sailors"),
        ("Costruito per sviluppatori web.", "Web developers"),
        ("Adatto a genitori e bambini.", "Parents and children"),
        ("Cerchiamo sviluppatori e designer.", None),
        ("Fatto per i nostri clienti e team.", None),
        ("Gli insegnanti amano i quaderni.", None),
        ("Una polizza per studenti costa di più.", None),
        ("Grazie ai volontari del progetto.", None),
    ],
    "nl": [
        ("Gemaakt voor freelancers en kleine bedrijven.", "Freelancers and small businesses"),
        ("Ontworpen voor studenten en docenten.", "Students and teachers"),
        ("De app voor gezinnen.", "Families"),
        ("Het platform voor marketingbureaus en ontwerpers.", "Marketing agencies and designers"),
        ("Ideaal voor reizigers en fotografen.", "Travelers and photographers"),
        ("Bedoeld voor winkeliers en restaurants.", "Retailers and restaurants"),
        ("Ontwikkeld voor artsen en verpleegkundigen.", "Doctors and nurses"),
        ("Geschikt voor advocaten.", "Lawyers"),
        ("Gebouwd voor kleine teams.", "Small teams"),
        ("Wij helpen beleggers om rustig te kiezen.", "Investors"),
        ("Vertrouwd door makelaars en huurders.", "Real estate agents and tenants"),
        ("Een tool voor contentmakers.", "Creators"),
        ("Ideaal voor fietsers, hardlopers en zeilers.", "Cyclists, runners and sailors"),
        ("Gemaakt voor webontwikkelaars.", "Web developers"),
        ("Of je nu een freelancer of een blogger bent, het past.", "Freelancers and bloggers"),
        ("Wij zoeken ontwikkelaars en ontwerpers.", None),
        ("Gemaakt voor onze klanten en teams.", None),
        ("Leraren houden van schriften.", None),
        ("Een verzekering voor studenten kost meer dan vroeger.", None),
        ("Met dank aan de vrijwilligers van het project.", None),
    ],
    "pt": [
        ("Feito para freelancers e pequenas empresas.", "Freelancers and small businesses"),
        ("Criado para estudantes e professores.", "Students and teachers"),
        ("O aplicativo para famílias.", "Families"),
        ("A plataforma para agências de marketing e designers.", "Marketing agencies and designers"),
        ("Ideal para viajantes e fotógrafos.", "Travelers and photographers"),
        ("Pensada para lojistas e restaurantes.", "Retailers and restaurants"),
        ("Destinado a médicos e enfermeiros.", "Doctors and nurses"),
        ("Voltado para advogados.", "Lawyers"),
        ("Desenvolvido para equipes remotas.", "Remote teams"),
        ("Ajudamos investidores a decidir com calma.", "Investors"),
        ("A ferramenta para criadores de conteúdo.", "Creators"),
        ("Um software para imobiliárias e consultores financeiros.", "Real estate agents and advisors"),
        ("Ideal para ciclistas, corredores e surfistas.", "Cyclists, runners and surfers"),
        ("Concebida para desenvolvedores web.", "Web developers"),
        ("Seja você um músico ou um fotógrafo, ele serve.", "Musicians and photographers"),
        ("Contratamos desenvolvedores e designers.", None),
        ("Feito para os nossos clientes e equipes.", None),
        ("Os professores gostam de cadernos.", None),
        ("Um seguro para estudantes estrangeiros custa mais.", None),
        ("Obrigado aos voluntários do projeto.", None),
    ],
    "ru": [
        ("Создано для фрилансеров и малого бизнеса.", "Freelancers and small businesses"),
        ("Разработано для студентов и преподавателей.", "Students and teachers"),
        ("Приложение для семей.", "Families"),
        ("Платформа для маркетинговых агентств и дизайнеров.", "Marketing agencies and designers"),
        ("Идеально для путешественников и фотографов.", "Travelers and photographers"),
        ("Подходит для магазинов и ресторанов.", "Retailers and restaurants"),
        ("Предназначено для врачей и медсестёр.", "Doctors and nurses"),
        ("Сервис для юристов.", "Lawyers"),
        ("Сделано для небольших команд.", "Small teams"),
        ("Решение для инвесторов и трейдеров.", "Investors and traders"),
        ("Инструмент для создателей контента.", "Creators"),
        ("Программа для риелторов и арендаторов.", "Real estate agents and tenants"),
        ("Отлично подойдёт для велосипедистов, бегунов и яхтсменов.", "Cyclists, runners and sailors"),
        ("Создана специально для веб-разработчиков.", "Web developers"),
        ("Идеально подходит для родителей и детей.", "Parents and children"),
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
