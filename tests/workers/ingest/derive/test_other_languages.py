"""Twenty sentences in each of the later lexicons: the product's users, or no audience."""

import pytest

from tests.workers.ingest.derive.prose import derived, prose

FILLER = ("A.", "B.", "C.")

SENTENCES: dict[str, list[tuple[str, str | None]]] = {
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


@pytest.mark.parametrize(
    ("language", "text", "audience"),
    [(language, text, audience) for language, lines in SENTENCES.items() for text, audience in lines],
)
def test_only_people_after_a_cue_are_the_audience(language: str, text: str, audience: str | None) -> None:
    candidate = derived(prose(*FILLER, text, language=language)).get("audience")
    assert (candidate and candidate.value) == audience


@pytest.mark.parametrize("language", SENTENCES)
def test_twenty_sentences_each(language: str) -> None:
    assert len(SENTENCES[language]) == 20
