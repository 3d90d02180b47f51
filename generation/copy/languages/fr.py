"""French: formulas and patterns for its sentences."""

from generation.copy.languages.table import CopyFormulas, LanguageTable

PLAIN_TONE_FORMULAS = CopyFormulas(
    keyword="{Keyword}\u00a0? Voici {app}.",
    audience="{Audience}\u00a0: voici {app}.",
    number="{n} choses à savoir sur {app}",
    meet=("Voici {app}", "{app}, en quelques images"),
    casual="POV\u00a0: {app} vient d’arriver sur l’écran",
    recap="{app} en bref",
    try_it="Essayer {app}",
    visit="Découvrir {app}",
    apple="Sur l’App Store",
    google="Sur Google Play",
    ending="En savoir plus sur {app}.",
    swipe="Suite",
    about="Au programme",
    save="À garder pour plus tard",
    presenter="une figure numérique, pas une vraie personne",
)

PRODUCT_SUBJECT_PATTERN = (
    r"(?:l['’](?:application|appli|outil)|cette (?:application|appli)|cet outil|notre (?:application|appli)"
    r"|le logiciel|{app})"
)
SUBJECT_OR_PRONOUN_PATTERN = rf"(?:{PRODUCT_SUBJECT_PATTERN}|elle|il|ce logiciel)"
INDIRECT_OBJECT_PATTERN = r"(?:à|aux) \w+|à l['’]\w+"
#: Refuses a second verb, which would keep its `de`.
NO_SECOND_VERB_PATTERN = r"(?!.*\b(?:et|ou) (?:de |d['’]))"
LEAD_IN_PATTERNS = (
    rf"{SUBJECT_OR_PRONOUN_PATTERN} peut (?:aussi |également )?être utilisée? pour ",
    r"(?:de plus|en outre|également|aussi|d['’]autre part|par ailleurs|pour l['’]essentiel|en bref),? ",
    rf"(?:avec|grâce à) {PRODUCT_SUBJECT_PATTERN},? (?:vous pouvez|tu peux|on peut) (?:aussi |également )?",
    (
        rf"(?:{SUBJECT_OR_PRONOUN_PATTERN} )?(?:te |vous |leur )?permet(?:tra)? (?:aussi |également "
        rf")?(?:{INDIRECT_OBJECT_PATTERN} )?(?:de |d['’]){NO_SECOND_VERB_PATTERN}"
    ),
    r"(?:vous pouvez|tu peux|on peut) (?:aussi |également )?(?!pas\b)",
    rf"{SUBJECT_OR_PRONOUN_PATTERN} peut (?:aussi |également )?(?=\w+(?:er|ir|re)\b)(?!être\b)",
    r"il s['’]agit (?=d['’]une? )d['’]",
    rf"il est (?:aussi |également )?possible (?:de |d['’]){NO_SECOND_VERB_PATTERN}",
    rf"(?:{SUBJECT_OR_PRONOUN_PATTERN}|c['’]|ce) ?est (?:aussi |également )?(?=une? |le |la |l['’])",
    (
        rf"{SUBJECT_OR_PRONOUN_PATTERN} (?:ne )?(?=\w+(?:e|t)\b)(?!est |a |y |ne |peut |doit |faut |était "
        rf"|suffit |existe  )"
    ),
)

FRENCH_LANGUAGE_TABLE = LanguageTable(
    formulas=PLAIN_TONE_FORMULAS,
    # A tone without its own formula uses the plain one.
    tones={
        "casual": PLAIN_TONE_FORMULAS.with_tone_templates(
            keyword="{Keyword}\u00a0? Il y a {app}.",
            audience="{Audience}\u00a0: il y a {app}.",
            meet=("Alors, voici {app}", "{app}, c’est quoi\u00a0?"),
            recap="{app}, vite dit",
            try_it="Tester {app}",
            visit="Jeter un œil à {app}",
        ),
        "playful": PLAIN_TONE_FORMULAS.with_tone_templates(
            keyword="{Keyword}\u00a0? Psitt\u00a0: {app}.",
            audience="{Audience}, psitt\u00a0: {app}.",
            meet=("Psitt\u00a0: {app}", "Roulement de tambour\u00a0: {app}"),
            recap="{app} en un clin d’œil",
            try_it="Hop, essayer {app}",
            visit="Hop, découvrir {app}",
        ),
        "warm": PLAIN_TONE_FORMULAS.with_tone_templates(
            keyword="{Keyword}\u00a0? Bienvenue chez {app}.",
            audience="{Audience}\u00a0: bienvenue chez {app}.",
            meet=("Bienvenue chez {app}", "{app} dit bonjour"),
            recap="Un petit tour chez {app}",
            try_it="Essayer {app} en douceur",
            visit="Faire connaissance avec {app}",
        ),
        "professional": PLAIN_TONE_FORMULAS.with_tone_templates(
            keyword="{Keyword}\u00a0: {app}.",
            audience="{Audience}\u00a0: {app}.",
            meet=("{app}\u00a0: présentation", "{app}\u00a0: aperçu"),
            recap="{app}\u00a0: synthèse",
            try_it="Commencer avec {app}",
            visit="S’informer sur {app}",
        ),
        "enthusiastic": PLAIN_TONE_FORMULAS.with_tone_templates(
            keyword="{Keyword}\u00a0? Et voilà {app}\u00a0!",
            audience="{Audience}\u00a0: et voilà {app}\u00a0!",
            meet=("Et voilà {app}\u00a0!", "Place à {app}\u00a0!"),
            recap="{app} en un coup d’œil\u00a0!",
            try_it="C’est parti avec {app}\u00a0!",
            visit="Cap sur {app}\u00a0!",
        ),
    },
    addressed={
        "familiar": {
            "meet": ("Voici {app}", "Tu connais déjà {app}\u00a0?"),
            "try_it": "Essaie {app}",
            "visit": "Découvre {app}",
        },
        "formal": {
            "meet": ("Voici {app}", "Vous connaissez déjà {app}\u00a0?"),
            "try_it": "Essayez {app}",
            "visit": "Découvrez {app}",
        },
    },
    leads=LEAD_IN_PATTERNS,
    tails="également aussi et_plus_encore et_bien_plus etc etc.",
    open_ends="""et ou avec de des du d à au aux le la les un une en dans sur pour par que qui est sont
        comme permet permettant accompli accomplie essaie essaye ce ceux celui celle""",
    back="""mais et ou donc ainsi ensuite alors cependant toutefois celui* celle* ceux ceci cela ça
        ces c'est c’est ils elles son sa ses leur leurs y car puis pourtant sinon ici enfin
        par_exemple ce cette cet il elle en_*ant que qui quoi comment pourquoi où quand si ne pas
        dans_ce* dans_cette avec_ce* avec_cette pour_ce* pour_cela certain* plusieurs_d*""",
    theirs="il elle ils elles les leur leurs son sa ses ceux celui celle ce cet cette ces y en",
    more="""et incluant axé* conçu* destiné* permettant focalisé* ainsi_que avec qui que dont comme
        notamment y_compris pour grâce afin""",
    bare="""permettant axée_sur axé_sur en_utilisant grâce_à conçu* destiné* qui_* comprenant incluant
        utilisant fournissant offrant basé*_sur écrit*_en développé*_par""",
    joints="""et_permet et_offre et_aide et_propose et_prend et_affiche et_gère et_contient et_comprend
        et_peut et_rend qui_permet qui_aide qui_offre""",
    limits="""sauf si mais seulement sans jusqu* ne pas jamais aucun* cependant dépend* limité* hors
        uniquement certain* peut selon quand""",
    never={
        "superlative": """meilleur meilleure meilleurs meilleures le_plus la_plus les_plus numéro_un
            numéro_1 n°_1 n°1 #1 leader leaders incontournable* inégal* imbattable* incomparable* inédit*
            parfait* ultime* révolution* révolutionnaire* unique_en_son_genre le_seul la_seule garanti*
            premier_choix top top_* exceptionnel* référence préféré* idéal* optimal* mondial* première_*""",
        "award": """primé* récompens* lauréat* gagnant* élu élue recommandé* recommandée certifi* prouvé*
            scientif* éprouvé* célèbre* reconnu* renommé* populaire* étoiles avis officiel* prix_* plébiscit*
            approuvé* labellis* témoignage*""",
        "health": """guéri* soign* remède* trait* thérap* médecin* médic* cliniq* maladie* symptôm* diagnos*
            diabèt* cancer* dépress* anxi* insomnie* douleur* maigrir perdre_du_poids perte_de_poids minceur
            brûl* détox* immun* sang* sant* grossesse* addict* insuline glyc* calori* vaccin* soulag*""",
        "money": """gagne* gagner gagnez gain gains profit* invest* revenu* argent économi* crédit* prêt
            prêts dette* bourse trading rendement* richesse* riche rembours* cashback loto pari paris casino*
            bonus fortune financ*""",
        "price": """prix gratuit* gratis promo* promotion* réduction* remise* solde* offre_* offres offert*
            essai abonnement* premium pas_cher moins_cher abordable* frais coupon* coût* coûte payer payez
            payant* achat* acheter tarif* euro euros eur dollar* économique* cadeau*""",
        "percentage": "pour_cent pourcent*",
        "users": "million* milliard* millier* mille centaine* utilisateurs_dans_le_monde téléchargements",
        "current": """actuel* maintenant nouveau nouveaux nouvelle nouvelles bientôt prochain* dernier*
            dernière* récent* aujourd'hui aujourd’hui demain hier beta bêta version* désormais
            mise_à_jour saison anniversaire janvier février mars avril juin juillet août septembre octobre
            novembre décembre semaine""",
        "donation": """don dons faire_un_don donner donnez soutenez soutenir contribu* sponsor* patreon
            liberapay mécén*""",
        "legal": """politique_de_confidentialité conditions_d* conditions_général* mentions_légales
            droits_réservés licence* gpl rgpd cookie* copyright responsabilité* garantie* marque_déposée
            consent* accepte acceptez cgu cgv conforme* juridiq*""",
        "comparison": """mieux_que meilleur_que alternative* comparé* contrairement vs plus_rapide_que
            remplace* similaire* le_même la_même les_mêmes""",
    },
    asides="""inscri* connectez connexion abonnez télécharg* install* cliqu* contactez nous_contacter suivez
        en_savoir_plus lire_la_suite rejoign* visitez merci aidez bug bugs bogue* retour retours tradui*
        traduction* github gitlab nécessite requis* autorisation* remarque note non_officiel* malheureusement
        limité* pas_encore prévu* obsolète* abandonné* je j'ai j’ai mon ma mes moi bienvenue
        principales_fonction* fonctionnalités_principales caractéristiques_principales captures faq était
        étaient basé* développé* javascript cette_page page_web page_d* site navigateur newsletter accueil
        menu bonjour veuillez s'il détails documentation réservez commandez panier écrit_en écrite_en paquet*
        métapaquet* dépendance* compil* basé_sur basée_sur disponible* n'est_pas n’est_pas problème*""",
    force="""gratuit* pas aucun* jamais chaque toujours tous tout toute toutes seulement illimité* sans
        plus moins mieux nouveau* nouvelle* un_seul deux trois quatre cinq six sept huit neuf dix
        douzaine* cent* mille* million* milliard* moitié double* personne rien partout doit doivent ne
        entièrement totalement absolument vraiment très extrêmement réel* sûr* sécuris* automatique*
        éternel* à_vie minutes secondes immédiat* instantané* rapide* premier*""",
    glue="""le la les l un une des du de d et ou à au aux en dans sur pour par avec est sont ce cette
        ces vous votre vos tu ton ta tes nous notre nos on qui que qu se s il elle ils elles y leur comme
        c être""",
)
