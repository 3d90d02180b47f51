"""Spanish: formulas and patterns for its sentences."""

from generation.copy.languages.table import CopyFormulas, LanguageTable

PLAIN_TONE_FORMULAS = CopyFormulas(
    keyword="¿{Keyword}? Esto es {app}.",
    audience="{Audience}: esto es {app}.",
    number="{n} cosas sobre {app}",
    meet=("Esto es {app}", "¿Ya conoces {app}?"),
    casual="POV: acabas de encontrar {app}",
    recap="{app} en breve",
    try_it="Probar {app}",
    visit="Descubrir {app}",
    apple="En App Store",
    google="En Google Play",
    ending="Más sobre {app}.",
    swipe="Desliza",
    about="Qué incluye",
    save="Guárdalo para luego",
    presenter="una figura digital, no una persona real",
)

PRODUCT_SUBJECT_PATTERN = r"(?:(?:la|esta|nuestra) (?:aplicación|app|herramienta)|(?:el|este) (?:programa|juego)|{app})"
INDIRECT_OBJECT_PATTERN = r"al? \w+|a l[oa]s \w+"
SPANISH_INFINITIVE_PATTERN = r"\w+[aei]r(?:[lstmn]\w+)?"
LEAD_IN_PATTERNS = (
    r"(?:se )?puede (?:también )?(?:usarse|utilizarse|usar|utilizar) para ",
    r"(?:además|asimismo|también|por otra parte|en resumen|de manera resumida),? ",
    rf"con {PRODUCT_SUBJECT_PATTERN},? (?:también )?(?:puedes|podrás|puede|podrá) (?:también )?",
    (
        rf"(?:{PRODUCT_SUBJECT_PATTERN} )?(?:también )?(?:te |le |les )?permiten? (?:también "
        rf")?(?:{INDIRECT_OBJECT_PATTERN} )?(?={SPANISH_INFINITIVE_PATTERN}\b)"
    ),
    r"(?:puedes|podrás|se puede|es posible) (?:también )?(?!no\b)",
    rf"(?:{PRODUCT_SUBJECT_PATTERN} )?(?:también )?puede (?:también )?(?={SPANISH_INFINITIVE_PATTERN}\b)(?!ser\b)",
    rf"(?:{PRODUCT_SUBJECT_PATTERN} |esta |esto )?es (?:también )?(?=una? |el |la )",
    rf"{PRODUCT_SUBJECT_PATTERN} (?=\w+[ae]\b)(?!es |no |era |ha |puede )",
)

SPANISH_LANGUAGE_TABLE = LanguageTable(
    formulas=PLAIN_TONE_FORMULAS,
    # A tone without its own formula uses the plain one.
    tones={
        "casual": PLAIN_TONE_FORMULAS.with_tone_templates(
            keyword="¿{Keyword}? Pues {app}.",
            audience="{Audience}: pues {app}.",
            meet=("Pues esto es {app}", "¿Y esto? Pues {app}"),
            recap="{app}, a grandes rasgos",
            try_it="Darle una vuelta a {app}",
            visit="Echar un vistazo a {app}",
        ),
        "playful": PLAIN_TONE_FORMULAS.with_tone_templates(
            keyword="¿{Keyword}? Chist: {app}.",
            audience="{Audience}, chist: {app}.",
            meet=("Chist: {app}", "Redoble de tambor: {app}"),
            recap="{app} en pocas palabras",
            try_it="Venga, probar {app}",
            visit="Venga, descubrir {app}",
        ),
        "warm": PLAIN_TONE_FORMULAS.with_tone_templates(
            keyword="¿{Keyword}? Saludos desde {app}.",
            audience="{Audience}: saludos desde {app}.",
            meet=("Saludos desde {app}", "{app} te saluda"),
            recap="Un paseo por {app}",
            try_it="Probar {app} con calma",
            visit="Conocer {app} con calma",
        ),
        "professional": PLAIN_TONE_FORMULAS.with_tone_templates(
            keyword="{Keyword}: {app}.",
            audience="{Audience}: {app}.",
            meet=("Presentación de {app}", "{app}: una presentación"),
            recap="{app}: resumen",
            try_it="Empezar con {app}",
            visit="Informarse sobre {app}",
        ),
        "enthusiastic": PLAIN_TONE_FORMULAS.with_tone_templates(
            keyword="¿{Keyword}? ¡Aquí llega {app}!",
            audience="{Audience}: ¡aquí llega {app}!",
            meet=("¡Aquí llega {app}!", "¡Esto es {app}!"),
            recap="¡{app} de un vistazo!",
            try_it="¡A probar {app}!",
            visit="¡A descubrir {app}!",
        ),
    },
    addressed={
        "familiar": {"try_it": "Prueba {app}", "visit": "Descubre {app}"},
        "formal": {
            "meet": ("Esto es {app}", "¿Ya conoce {app}?"),
            "casual": "POV: acaba de encontrar {app}",
            "try_it": "Pruebe {app}",
            "visit": "Descubra {app}",
            "swipe": "Deslice",
            "save": "Guárdelo para luego",
        },
    },
    leads=LEAD_IN_PATTERNS,
    tails="también y_más y_mucho_más etc etc.",
    open_ends="y o u e con de del para por el la los las un una en al a que es son como permite ofrece",
    back="""pero y o así entonces luego sin_embargo por_lo_tanto estos estas esto ese esa eso esos esas
        aquello ellos ellas su sus aquí porque aunque ya_que por_ejemplo este esta él ella que quien cómo
        por_qué dónde cuándo si no ni tampoco finalmente en_est* con_est* para_est* algun* muchos_de
        muchas_de""",
    theirs="él ella ellos ellas los las les su sus este esta estos estas ese esa",
    more="""y incluyendo diseñad* orientad* permitiendo así_como con que incluyendo como incluso para
        cuyo gracias""",
    bare="""permitiendo usando incluyendo centrad*_en orientad*_a diseñad*_para que_permite
        que_proporciona que_incluye que_soporta que_ofrece basad*_en escrit*_en desarrollad*_por""",
    joints="""y_permite y_ofrece y_ayuda y_proporciona y_muestra y_admite y_incluye y_puede y_tiene
        y_hace que_permite que_ayuda que_ofrece e_incluye""",
    limits="""excepto salvo si pero solo sólo sin hasta no nunca ningún* depende* limitad* únicamente
        algun* puede según cuando""",
    never={
        "superlative": """mejor mejores el_más la_más los_más las_más lo_más número_uno número_1 n.º_1 #1
            líder líderes inigualable* insuperable* incomparable* perfect* definitiv* revolucion* único_en_su*
            única_en_su* el_único la_única garanti* primera_opción top top_* excepcional* referente* favorit*
            ideal* óptim* mundial* de_primera""",
        "award": """premiad* galardonad* ganador* premio* recomendad* certificad* probad* científic*
            demostrad* aclamad* reconocid* famos* popular* estrellas reseña* opiniones oficial* avalad*
            renombr* testimonio*""",
        "health": """cura curar curas sanar sana remedi* tratamiento* tratar terap* médic* medic* clínic*
            enfermedad* síntoma* diagn* diabet* cáncer depres* ansiedad insomnio dolor* adelgaz* bajar_de_peso
            perder_peso quemar* desintox* inmun* sangre sanguíne* salud* embaraz* adicci* insulina glucosa
            caloría* vacun*""",
        "money": """gana* ganar ganancia* benefici* inver* ingreso* dinero ahorr* crédit* préstamo* deuda*
            bolsa trading rendimiento* riqueza* rico reembolso* cashback lotería apuesta* casino* bono*
            financ* rentab*""",
        "price": """precio* gratis gratuit* descuento* oferta* rebaja* prueba_gratuita suscripci* premium
            barat* económic* asequible* tarifa* cupón* coste* costo* cuesta pagar paga pago* compra* comprar
            euro euros eur dólar* sin_cargo regalo*""",
        "percentage": "por_ciento porcentaje*",
        "users": "millón millones millar* miles mil cientos usuarios_en_todo descargas",
        "current": """actual* ahora nuevo nueva nuevos nuevas pronto próxim* últim* reciente* hoy mañana
            ayer beta versión* actualiz* temporada aniversario enero febrero marzo abril mayo
            junio julio agosto septiembre octubre noviembre diciembre semana""",
        "donation": """dona donar donaci* donativo* contribu* colabora patrocin* patreon liberapay apoya
            apóyanos""",
        "legal": """política_de_privacidad términos_* aviso_legal derechos_reservados licencia* gpl rgpd
            cookie* copyright responsabilidad* garantía* marca_registrada consent* acepta* condiciones_de
            conforme* legal* jurídic*""",
        "comparison": """mejor_que alternativa* comparad* a_diferencia vs más_rápid*_que reemplaz* similar*
            el_mismo la_misma los_mismos""",
    },
    asides="""regístrate registr* inicia_sesión suscríbete descarg* instal* haz_clic clic contáct* contacta contacte
        contactar síguenos saber_más leer_más únete visita gracias ayúdanos error errores comentarios traduc*
        github gitlab código_fuente requiere* requisito* permiso* nota no_oficial* desgraciadamente
        lamentablemente limitad* todavía_no previst* obsolet* yo mi mis me bienvenid* funciones_principales
        características_principales capturas faq era fue basad* desarrollad* javascript esta_página página_web
        sitio navegador boletín inicio menú hola por_favor detalles documentación reserva carrito pedido
        escrito_en escrita_en paquete* metapaquete* compil* disponible* no_es no_son problema*""",
    force="""gratis gratuit* no ningún* ninguna nunca cada siempre todos todo todas toda solo sólo
        ilimitad* sin más menos mejor* nuevo* nueva* un_solo dos tres cuatro cinco seis siete ocho nueve
        diez docena* cien* mil miles mill* mitad doble* nadie nada todas_partes debe deben totalmente
        completamente absolutamente realmente muy extremadamente real* segur* automátic* eterno*
        de_por_vida minutos segundos inmediat* instantáne* rápid* primer*""",
    glue="""el la los las un una unos unas de del y o a al en con por para es son que se tu tus su sus
        te le les lo nos nuestro nuestra este esta estos estas como e u ser sobre entre""",
)
