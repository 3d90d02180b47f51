"""Invented brands in the four languages and others, and random brands."""

from hypothesis import strategies as some

from generation.spec import BrandSnapshot, PieceSpec


def one_line(text: str) -> str:
    return " ".join(text.split())


TIDELINE = BrandSnapshot(
    name="Tideline",
    taglines=["Know the tide before you go"],
    descriptions=[
        one_line(
            """Tideline is a quiet tide clock for small harbours. It also lets you follow the harbours you
            know. Works without a connection once a harbour is saved. You can set a reminder for the turn
            of the tide. It was voted best app of the year by 20,000 sailors."""
        )
    ],
    keywords=["tides", "sea swimming", "kotlin", "best tides", "harbour log"],
    audience="Kayakers and sea swimmers",
    language="en",
    links={"website": "https://www.tideline.example/start", "play": "https://play.google.com/store/apps/x"},
)
GEZEITEN = BrandSnapshot(
    name="Tideline",
    taglines=["Die Gezeiten kennen, bevor du losfährst"],
    descriptions=[
        one_line(
            """Tideline ist eine ruhige Gezeitenuhr für kleine Häfen. Mit Tideline kannst du deine Häfen
            verfolgen. Die App zeigt Hoch- und Niedrigwasser auf einen Blick. Sie können eine Erinnerung
            einstellen. Die beste App des Jahres mit 20.000 Nutzern."""
        )
    ],
    keywords=["Gezeiten", "Hafen"],
    language="de-AT",
)
MAREES = BrandSnapshot(
    name="Tideline",
    taglines=["Connaître la marée avant de partir"],
    descriptions=[
        one_line(
            """Tideline est une horloge des marées pour les petits ports. Elle permet de suivre les ports de
            la côte. Vous pouvez régler un rappel avant la marée. L’application affiche les hautes et
            basses eaux. La meilleure application de l’année."""
        )
    ],
    keywords=["marées", "petits ports"],
    language="fr",
)
MAREAS = BrandSnapshot(
    name="Tideline",
    taglines=["Conoce la marea antes de salir"],
    descriptions=[
        one_line(
            """Tideline es un reloj de mareas para puertos pequeños. Te permite seguir los puertos de la
            costa. Puedes poner un aviso para el cambio de marea. La aplicación muestra la altura del
            agua. La mejor aplicación del año."""
        )
    ],
    keywords=["mareas", "puertos pequeños"],
    language="es",
)
SHIOMI = BrandSnapshot(
    name="Tideline",
    taglines=["出かける前に潮を知る"],
    descriptions=["小さな港のための潮時計です。港を保存すると接続なしで動きます。5万人が使っています。"],
    keywords=["潮汐", "港"],
    language="ja",
)
BRANDS = {"en": TIDELINE, "de": GEZEITEN, "fr": MAREES, "es": MAREAS, "ja": SHIOMI}

#: Realistic sentences with one claim each.
CLAIMS = {
    "en": [
        "The best tide app for sailors", "An award-winning clock for harbours",
        "It cures sea sickness at once", "Earn money with every trip", "Only $5 for each of your harbours",
        "Tides are right in 99 % of harbours", "Loved by 2 million sailors",
        "“It changed my life” says a sailor", "Currently for small harbours", "Sailing with you since 1998",
        "Read more at www.tides.test today", "Donate to keep the harbour log",
        "By using it you accept our terms of service", "The #1 clock for every harbour",
        "Better than other clocks of the sea", "Unlike Tidemaster it has a log",
    ],
    "de": [
        "Die beste Gezeitenuhr für Segler", "Eine preisgekrönte Uhr für Häfen",
        "Heilt die Seekrankheit sofort", "Geld verdienen mit jeder Fahrt", "Nur 5 € für jeden Hafen",
        "Stimmt in 99 Prozent der Häfen", "Von 20.000 Seglern benutzt", "„Ein Traum“ sagt ein Segler",
        "Derzeit für kleine Häfen", "Eine Uhr vom Jahr 1998 für Häfen",
        "Mehr von uns unter tiden.example.de", "Jetzt kostenlos für alle Häfen",
        "Spenden für das Logbuch der Häfen", "Es gilt die Datenschutzerklärung für Häfen",
        "Besser als andere Uhren am Meer",
    ],
    "fr": [
        "La meilleure horloge des marées", "Une horloge primée pour les ports",
        "Soigne le mal de mer à bord", "Gagnez de l’argent à chaque sortie", "Gratuit pour tous les ports",
        "Juste dans 99 pour cent des ports", "Adoptée par des milliers de marins",
        "« Un rêve » dit un marin", "Actuellement pour les petits ports",
        "Une horloge de 1998 pour les ports", "Tout est sur www.marees.test",
        "Faire un don pour le journal", "Voir les mentions légales du port",
        "Elle est mieux que les autres horloges",
    ],
    "es": [
        "El mejor reloj de mareas", "Un reloj premiado para puertos", "Cura el mareo en el mar",
        "Gana dinero en cada salida", "Gratis para todos los puertos", "Acierta en el 99 por ciento",
        "Usado por millones de marinos", "«Un sueño» dice un marino", "Actualmente para puertos pequeños",
        "Un reloj de 1998 para puertos", "Todo en www.mareas.test", "Haz una donación para el diario",
        "Lee el aviso legal del puerto", "Es mejor que otros relojes del mar",
    ],
}  # fmt: skip
#: Part of each claim that no copy may contain by itself; `_` is a blank.
TELLTALE = """
    best award cure money $ 99 million “ currently 1998 www donat terms #1_clock better unlike beste
    preisgekrönt heilt geld € 20.000 „ derzeit example.de kostenlos spende datenschutz besser meilleure
    primée soigne argent gratuit milliers « actuellement faire_un_don mentions mejor premiado cura_el
    dinero gratis actualmente donación legal
""".split()

PIECES = some.sampled_from(
    [
        *(text for claims in CLAIMS.values() for text in claims),
        *(text for brand in BRANDS.values() for text in brand.descriptions),
        "• Dark mode for the night\n• A log of trips\n", "It does", "However, this is it.", "<b>bold</b>",
        "{app}", "{0.__class__}", "%s", "\u202eevil", "e\u0301" * 9, "👩‍👩‍👧 ⚓", "مواعيد المد", "x" * 300,
        "and", "TIDES FOR ALL NOW", "Harbours, trips, and", "(half of it",
        "Ist das so?", "Why wait for the tide?",
    ]
)  # fmt: skip
TEXTS = some.lists(PIECES | some.text(max_size=30), max_size=6).map(". ".join)
NAMES = some.sampled_from(["Tideline", "Yahoo!", "潮", "A {B} %s", "x" * 150, "Tide Line " * 12, "\u202eTide\x00line"])
KEYWORDS = some.sampled_from(
    ["tides", "Sea swimming", "kotlin", "best tides", "Gezeiten", "潮汐", "#sea", "a.b.com", "2026", "x" * 50]
)
LINKS = some.sampled_from(
    [
        "https://tideline.example/a", "https://apps.apple.com/us/app/id1", "https://play.google.com/store/x",
        "https://github.com/a/b", "https://evil.test@apps.apple.com.evil.test/", "ftp://x", "https://[", "",
    ]
)  # fmt: skip
ANY_BRAND = some.builds(
    BrandSnapshot,
    name=NAMES | some.text(max_size=20),
    taglines=some.lists(PIECES | some.text(max_size=30), max_size=2),
    descriptions=some.lists(TEXTS, max_size=3),
    keywords=some.lists(KEYWORDS | some.text(max_size=12), max_size=6),
    audience=some.none() | some.sampled_from(["Sailors", "Best sailors", "x" * 60]) | some.text(max_size=20),
    voice=some.sampled_from([None, "Casual, warm.", "Formal."]),
    language=some.sampled_from([None, "en", "de-AT", "fr", "es-419", "ja", "ar", "x-klingon", ""]),
    links=some.dictionaries(some.sampled_from(["website", "play", "appstore"]), LINKS, max_size=3),
)
ANY_SPEC = some.builds(
    PieceSpec,
    format=some.sampled_from(["slideshow", "video", "ugc_remix", "image"]),
    brand=ANY_BRAND,
    seed=some.text(max_size=5),
    hook=some.none() | some.sampled_from(["The BEST tide app, 100% free!", "x" * 2000]),
    language=some.sampled_from([None, "en", "ja"]),
)
