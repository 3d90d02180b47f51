"""German: formulas and patterns for its sentences."""

from generation.copy.languages.table import CopyFormulas, LanguageTable

PLAIN_TONE_FORMULAS = CopyFormulas(
    keyword="{Keyword}? Das ist {app}.",
    audience="{Audience}: das ist {app}.",
    number="{n} Dinge über {app}",
    meet=("Das ist {app}", "Schon von {app} gehört?"),
    casual="POV: gerade {app} entdeckt",
    recap="{app} in Kürze",
    try_it="{app} ausprobieren",
    visit="{app} entdecken",
    apple="Im App Store",
    google="Bei Google Play",
    ending="Mehr über {app} erfahren.",
    swipe="Weiter",
    about="Das steckt drin",
    save="Für später speichern",
    presenter="eine digitale Figur, keine echte Person",
)

PRODUCT_NOUNS = r"app|anwendung|software|programm|spiel|werkzeug|tool|dienst|plattform|erweiterung|widget"
PRODUCT_SUBJECT_PATTERN = rf"(?:(?:die|diese|unsere|das|dieses|unser|der|dieser) (?:{PRODUCT_NOUNS})|(?:die )?{{app}})"
PRODUCT_VERBS = (
    "bietet|enthält|ermöglicht|hilft|unterstützt|speichert|zeigt|liefert|umfasst|merkt|berechnet|erinnert"
    "|verwaltet|organisiert|erstellt|synchronisiert"
)
LEAD_IN_PATTERNS = (
    rf"(?:{PRODUCT_SUBJECT_PATTERN}|sie|er|es) kann (?:auch )?(?:zum|zur) (?=\w+ )",
    r"(?:außerdem|zudem|zusätzlich|darüber hinaus|auch|gleichzeitig) (?=kannst du|können sie)",
    rf"mit {PRODUCT_SUBJECT_PATTERN} (?:kannst du|könnt ihr|können sie|kann man) (?:auch |ganz )?",
    r"(?:du kannst|ihr könnt|sie können|man kann|kannst du|können sie) (?:auch |ganz )?(?!nicht\b|nur\b)",
    rf"(?:{PRODUCT_SUBJECT_PATTERN}|sie|er|es|dies|das) ist (?:auch )?(?=eine? |der |die |das )",
    rf"{PRODUCT_SUBJECT_PATTERN} (?=\w+t\b)(?!ist |hat |wird |kann |soll )",
    rf"(?:sie|er|es) (?=(?:{PRODUCT_VERBS})\b)",
)

GERMAN_LANGUAGE_TABLE = LanguageTable(
    formulas=PLAIN_TONE_FORMULAS,
    # A tone without its own formula uses the plain one.
    tones={
        "casual": PLAIN_TONE_FORMULAS.with_tone_templates(
            keyword="{Keyword}? Da gibt’s {app}.",
            audience="{Audience}: da gibt’s {app}.",
            meet=("Also, das ist {app}", "Schon mal {app} gesehen?"),
            recap="{app}, kurz gesagt",
            try_it="{app} mal ausprobieren",
            visit="{app} mal anschauen",
        ),
        "playful": PLAIN_TONE_FORMULAS.with_tone_templates(
            keyword="{Keyword}? Psst: {app}.",
            audience="{Audience}, psst: {app}.",
            meet=("Psst: {app}", "Trommelwirbel: {app}"),
            recap="{app} in einer Nussschale",
            try_it="Na los, {app} ausprobieren",
            visit="Na los, {app} entdecken",
        ),
        "warm": PLAIN_TONE_FORMULAS.with_tone_templates(
            keyword="{Keyword}? Willkommen bei {app}.",
            audience="{Audience}: willkommen bei {app}.",
            meet=("Willkommen bei {app}", "Hallo von {app}"),
            recap="Ein näherer Blick auf {app}",
            try_it="In Ruhe {app} ausprobieren",
            visit="In Ruhe {app} kennenlernen",
        ),
        "professional": PLAIN_TONE_FORMULAS.with_tone_templates(
            keyword="{Keyword}: {app}.",
            audience="{Audience}: {app}.",
            meet=("{app} im Überblick", "{app}: eine Vorstellung"),
            recap="{app}: Zusammenfassung",
            try_it="Mit {app} beginnen",
            visit="Mehr zu {app}",
        ),
        "enthusiastic": PLAIN_TONE_FORMULAS.with_tone_templates(
            keyword="{Keyword}? Hier kommt {app}!",
            audience="{Audience}: hier kommt {app}!",
            meet=("Hier kommt {app}!", "Und das ist {app}!"),
            recap="{app} auf einen Blick!",
            try_it="Los geht’s mit {app}!",
            visit="Auf zu {app}!",
        ),
    },
    addressed={
        "familiar": {
            "meet": ("Das ist {app}", "Hast du schon von {app} gehört?"),
            "try_it": "Probier {app} aus",
            "visit": "Entdecke {app}",
            "ending": "Erfahre mehr über {app}.",
        },
        "formal": {
            "meet": ("Das ist {app}", "Haben Sie schon von {app} gehört?"),
            "try_it": "Probieren Sie {app} aus",
            "visit": "Entdecken Sie {app}",
            "ending": "Erfahren Sie mehr über {app}.",
        },
    },
    leads=LEAD_IN_PATTERNS,
    tails="und_mehr und_vieles_mehr usw. usw u.v.m. etc",
    open_ends="""und oder mit von für zu zum zur der die das den dem des ein eine einen einem in im an
        am auf aus bei als ist sind dass ermöglicht erlaubt hilft sowie bzw versucht versuchen man""",
    back="""dies diese dieser dieses diesen diesem dadurch damit deshalb deswegen daher dann aber
        und oder sondern dabei dazu dafür daraus darin trotzdem jedoch allerdings somit hierbei
        hierfür ebenso denn weil da obwohl sonst zum_beispiel z.b. schließlich durch er sie es ihr
        ihre sein seine was wer wie wo wann warum das so nicht kein keine auch außerdem zudem
        in_diesem in_dieser in_diesen mit_diesem mit_dieser für_dies* einige manche viele_davon ihn
        u.a. unter_anderem""",
    theirs="es sie ihn ihm ihr ihre ihren diese dieser dieses diesen",
    more="und sowie inklusive einschließlich mit sodass damit welche der_* die_* das_* wobei wie von",
    bare="""sodass wobei um_* mit_denen mit_schwerpunkt mit_dem_ziel wie_etwa basierend_auf
        auf_basis_von""",
    joints="""und_ermöglicht und_bietet und_hilft und_unterstützt und_zeigt und_speichert und_enthält
        und_erlaubt und_kann und_lässt und_hat und_macht und_erinnert und_verwaltet""",
    limits="""außer sofern wenn falls aber nur ohne bis nicht kein* nie niemals jedoch allerdings
        abhängig begrenzt* mindestens höchstens teilweise manche einige bis_zu kann könnte soweit""",
    never={
        "superlative": """beste besten bester bestes bestmöglich* größte* schnellste* einfachste*
            günstigste* sicherste* höchste* modernste* schönste* stärkste* am_*sten führend* marktführ*
            weltmarkt* nr._1 nummer_1 nummer_eins #1 erste_wahl einzigartig* einzige einziger einziges
            einmalig* unschlagbar* unübertroffen* unvergleichlich* perfekt* ultimativ* revolution*
            bahnbrechend* garant* weltweit* weltklasse weltbest* top top_* spitzen* erstklassig* optimal*
            ideal* meiste meisten meistverkauft* beliebteste* lieblings* neueste* neuesten höchst* renommiert*
            hervorragend*""",
        "award": """ausgezeichnet* preisgekrönt* testsieger* gewinner* auszeichnung* empfohlen* zertifi*
            bewährt* geprüft* wissenschaft* nachweislich* bewiesen* bekannt berühmt* beliebt* hochgelobt*
            bewertung* sterne* siegel* vertrauen offiziell* award* rezension* kundenstimmen""",
        "health": """heilt heilen heilung* heilmittel* therap* arzt ärzt* arzt* medizin* klinik* klinisch*
            krank* symptom* diagnos* diabet* krebs* depress* angst ängst* schlaflos* schmerz* abnehm* gewicht*
            abspecken fettverbrenn* entgift* detox immun* blut* gesund* schwanger* sucht insulin* kalorien*
            impf* behandl* beschwerden linder*""",
        "money": """verdien* gewinn* rendite* invest* einkommen umsatz* geld* bargeld sparen ersparnis*
            kredit* darlehen schulden* börse* aktien trading zinsen reich reichtum erstattung* cashback lotto
            wette* casino* glücksspiel* bonus* finanzi* vermögen*""",
        "price": """preis preise preisen preiswert* gratis kostenlos* kostenfrei* umsonst rabatt* angebot
            angebote günstig* billig* schnäppchen probeabo testphase probezeit abo abonnement* premium gebühr*
            gutschein* kosten kostet bezahl* zahlen zahlung* kauf kaufen käufe in_app_* euro euros eur dollar
            unentgeltlich* honorar* flatrate* versandkosten* geschenk*""",
        "percentage": "prozent prozentig*",
        "users": """million* milliard* tausend* hundert* nutzer_weltweit downloads zufriedene*
            kunden_weltweit mitglieder""",
        "current": """derzeit* aktuell* bald demnächst jetzt neu neue neuer neues neuen heute morgen gestern
            kürzlich beta version* seit stand zurzeit momentan künftig* nächste* letzte* woche saison
            jubiläum januar februar märz april juni juli august september oktober november dezember aktualis*""",
        "donation": """spende* spenden gespendet beitragen mithelfen hilf_mit sponsor* patreon liberapay
            förder* unterstütz_uns""",
        "legal": """datenschutzerklär* datenschutzbestimm* agb impressum haftung* gewähr* urheber*
            rechte_vorbehalten lizenz* gpl mit_lizenz dsgvo nutzungsbedingungen geschäftsbedingungen
            einwillig* zustimm* cookie* widerruf* markenzeichen* disclaimer copyright rechtsberat* konform""",
        "comparison": """besser_als alternative* verglichen im_vergleich anders_als im_gegensatz vs
            schneller_als ersatz_für ähnlich* gleiche* dieselbe*""",
    },
    asides="""anmeld* registrier* einloggen login abonnier* herunterlad* installier* installation klick* kontaktier*
        kontaktform* folge_uns mehr_erfahren weiterlesen mehr_lesen besuch* bitte danke* fehler feedback
        übersetz* github gitlab quellcode benötigt erfordert voraussetz* berechtigung* hinweis* inoffiziell*
        leider begrenzt* noch_nicht geplant* veraltet eingestellt ich mich mir mein meine meinem meinen meiner
        willkommen hauptfunktionen wichtigste_funktionen highlights screenshots faq wurde wurden basiert
        entwickelt_von javascript seite webseite website browser newsletter startseite menü navigation hallo
        herzlich ruf* telefon* öffnungszeiten download downloads details bewerb* stellenangebot* gegründet
        geboren impressum aktivier* deaktivier* warenkorb bestell* artikel lesen sie_hier hier geschrieben_in
        metapaket* abhängigkeit* kompil* paket pakete verfügbar ist_kein* keine_* ist_nicht problem*""",
    force="""gratis kostenlos* kein* nicht nie niemals jede* alle* immer nur unbegrenzt* unlimitiert*
        sofort* ohne mehr weniger schnell* besser* spart sparen neu* erst* ein_*fach* zwei drei vier fünf
        sechs sieben acht neun zehn dutzend* hundert* tausend* million* milliard* halb* doppelt* beide*
        niemand jeder alles nichts überall muss müssen völlig vollständig* absolut* wirklich sehr extrem*
        echt* sicher* automatisch* ewig* lebenslang täglich* minuten sekunden ganz*""",
    glue="""der die das den dem des ein eine einen einem einer eines und oder von vom zu zum zur in im
        ins an am auf für mit bei aus als ist sind sein es du dein deine deinen deinem deiner ihr ihre
        ihren wir unser unsere uns dies so hier da sie kann kannst können wird werden wie wo was wer über
        nach um""",
)
