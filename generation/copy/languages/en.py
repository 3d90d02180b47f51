"""English: formulas and patterns for its sentences."""

from generation.copy.languages.table import CopyFormulas, LanguageTable

PLAIN_TONE_FORMULAS = CopyFormulas(
    keyword="{Keyword}? Meet {app}.",
    audience="{Audience}, meet {app}.",
    number="{n} things to know about {app}",
    meet=("Meet {app}", "Have you seen {app} yet?"),
    casual="POV: you just found {app}",
    recap="{app} in short",
    try_it="Try {app}",
    visit="Discover {app}",
    apple="On the App Store",
    google="On Google Play",
    ending="Have a look at {app}.",
    swipe="Swipe",
    about="What it does",
    save="Save this for later",
    presenter="a digital presenter, not a real person",
)

PRODUCT_NOUNS = r"(?:the|this|our) (?:app|application|tool|software|program|game|service|platform|utility|extension)"
PRODUCT_SUBJECT_PATTERN = rf"(?:it|this|(?:the |this |our )?{{app}}|{PRODUCT_NOUNS})"
CUT_VERBS_BEFORE_NOUN = "is|are|has|offers|provides|features|includes|contains|comes with|gives you"
ENABLING_VERB_PATTERN = r"lets? (?:you|users|people|players)|(?:allows?|enables?) \w+ to"
NOUN_PHRASE_START_PATTERN = "(?:an?|the|designed|made|built|your|all)"
FILLER_PHRASES = "on the other hand|as such|essentially|basically|overall|at the same time"
LEAD_IN_PATTERNS = (
    rf"(?:also|additionally|moreover|furthermore|plus|in addition|besides|in short|simply put|{FILLER_PHRASES}),? ",
    rf"(?:with {PRODUCT_SUBJECT_PATTERN},? |use {PRODUCT_SUBJECT_PATTERN} to |using {PRODUCT_SUBJECT_PATTERN},? )",
    (
        rf"(?:{PRODUCT_SUBJECT_PATTERN} )?(?:also |simply )?(?:{ENABLING_VERB_PATTERN}) (?:also |easily )?"
        r"(?!.*\b(?:and|or) to )"
    ),
    rf"{PRODUCT_SUBJECT_PATTERN} can (?:also )?be used (?:to|for) ",
    r"you can use (?:it|{app}) (?:also )?(?:to|for) ",
    r"you can (?:also |now )?(?!not\b|'t\b|only\b)",
    rf"{PRODUCT_SUBJECT_PATTERN} can (?:also |easily |even )?(?!not\b|'t\b|only\b|be\b|help\b)",
    (
        rf"{PRODUCT_SUBJECT_PATTERN} (?:also )?(?:{CUT_VERBS_BEFORE_NOUN}) "
        rf"(?:also |simply |basically )?(?={NOUN_PHRASE_START_PATTERN} )"
    ),
    rf"{PRODUCT_SUBJECT_PATTERN} (?:also )?(?=\w+s\b(?! (?:not|no)\b))(?!is |was |has |means )",
)

ENGLISH_LANGUAGE_TABLE = LanguageTable(
    formulas=PLAIN_TONE_FORMULAS,
    # A tone without its own formula uses the plain one.
    tones={
        "casual": PLAIN_TONE_FORMULAS.with_tone_templates(
            keyword="{Keyword}? There's {app}.",
            audience="{Audience}, here's {app}.",
            meet=("So, this is {app}", "Ever seen {app}?"),
            recap="{app}, in a few words",
            try_it="Give {app} a go",
            visit="Take a peek at {app}",
        ),
        "playful": PLAIN_TONE_FORMULAS.with_tone_templates(
            keyword="{Keyword}? Psst: {app}.",
            audience="{Audience}, psst: {app}.",
            meet=("Psst: {app}", "Drum roll: {app}"),
            recap="{app} in a nutshell",
            try_it="Go on, try {app}",
            visit="Go on, peek at {app}",
        ),
        "warm": PLAIN_TONE_FORMULAS.with_tone_templates(
            keyword="{Keyword}? Say hello to {app}.",
            audience="{Audience}, say hello to {app}.",
            meet=("Say hello to {app}", "Hello from {app}"),
            recap="A closer look at {app}",
            try_it="Come and try {app}",
            visit="Come and see {app}",
        ),
        "professional": PLAIN_TONE_FORMULAS.with_tone_templates(
            keyword="{Keyword}: {app}.",
            audience="{Audience}: {app}.",
            meet=("Introducing {app}", "{app}: an overview"),
            recap="{app}: a summary",
            try_it="Get started with {app}",
            visit="Learn about {app}",
        ),
        "enthusiastic": PLAIN_TONE_FORMULAS.with_tone_templates(
            keyword="{Keyword}? Here comes {app}!",
            audience="{Audience}, here comes {app}!",
            meet=("Here comes {app}!", "Look, {app}!"),
            recap="{app} at a glance!",
            try_it="Let's try {app}!",
            visit="Let's see {app}!",
        ),
    },
    addressed={},
    leads=LEAD_IN_PATTERNS,
    tails="as_well too also and_more and_much_more and_so_on etc",
    open_ends="""and or with of for to by the a an in on at from that which is are was as than into via
        developed accomplished called provided allows lets enables helps""",
    back="""however therefore thus instead then these those they he she his her its their that such but
        and or so because although though otherwise hence here there again both either neither this_is_why
        this_way this_means for_example for_instance similarly likewise finally first second third
        meanwhile it's it what which who where when why how if_so nor not to_* once_* after_* in_this
        in_these in_that for_this for_these with_this with_these some many_of most_of one_of in_it on_it
        *_them by_*ing for_some on_some this_is this_can this_was this_will this_means due_this""",
    theirs="it they them their its this these those he she his her",
    more="""which and that featuring focus* involv* including with so making such_as as_well_as whether
        while from giving helping allowing letting in_which where for using based written built designed
        all""",
    bare="""focusing_on focused_on in_which so_that so_you_can using while intended_for aimed_at where
        which that_can that_supports that_provides that_offers such_as as_well_as by_*ing supporting
        providing allowing enabling offering including featuring written_in based_on powered_by
        inspired_by developed_by made_by created_by built_by maintained_by""",
    joints="""and_lets and_let and_allows and_allow and_enables and_helps and_help and_gives and_offers
        and_supports and_shows and_tracks and_keeps and_has and_comes and_includes and_works and_provides
        and_makes and_can and_can_be that_allows that_lets that_enables that_helps which_allows which_lets
        which_enables""",
    limits="""once except unless if but only without until not no never however provided depending
        depends limited excluding though although least most some up_to may might can't cannot won't when
        where""",
    never={
        "superlative": """best best_* greatest finest fastest easiest simplest smartest safest cheapest
            largest biggest strongest quickest nicest cleanest friendliest tastiest richest cutest coolest
            highest most least leading leader leaders #1 no._1 number_one world_class world's worlds unrival*
            unbeat* unmatched unparalleled unequal* ultimate perfect* revolution* groundbreaking
            ground_breaking game_chang* cutting_edge state_of_the_art first_ever the_first guarant* premier
            top top_* the_only only_app only_one superior favorite favourite favorites favourites
            one_of_a_kind second_to_none exceptional unbreakable""",
        "award": """award* winner* winning acclaim* app_of_the_* editor's_choice editors'_choice
            editors_choice featured_in featured_on featured_by as_seen rated ratings rating stars
            recommended_by trusted loved_by certif* proven scien* evidence_based renowned famous popular
            endors* prize* review* testimonial* official*""",
        "health": """cure cures cured curing heal heals healing remed* treat treats treating treatment*
            diagnos* therap* doctor* physician* clinic* medic* disease* illness* disorder* symptom*
            diabet* cancer* depress* anxi* insomnia adhd pain pains painful* painkill* painless*
            weight_loss lose_weight losing_weight fat_burn* burn_fat slimming detox* immun* blood_*
            health* addict* fertil* pregnan* glucose insulin calorie* vaccin*""",
        "money": """earn earns earning* profit* invest* income revenue* money cash savings salary loan loans
            credit_* mortgage* debt* trading trade_* traders returns roi yield yields wealth* rich refund*
            cashback payout* lottery betting casino* gambl* bonus*""",
        "price": """price* pricing free for_free discount* sale sales deal deals trial trials subscription*
            premium cheap* affordable fee fees coupon* voucher* cost costs pay pays paid paying
            in_app_purchase* purchase* gift* low_cost no_cost ads_free dollar* euro euros pounds""",
        "percentage": "percent percentage* percents",
        "users": """million* billion* thousand* hundred* users_worldwide downloads downloaded_*
            customers_worldwide countless_users""",
        "current": """currently now new newly soon upcoming latest recent recently today tonight tomorrow
            beta alpha version versions as_of since updated update updates nowadays newest this_week
            this_month this_year last_* next_* season anniversary january february april june july august
            september october november december""",
        "donation": """donat* contribute contributes contributing contribution* sponsor* patreon liberapay
            fundrais* charit*""",
        "legal": """privacy_polic* terms_of* terms_and* terms cookie* copyright trademark* rights_reserved
            license* licence* licensed gpl gplv* mit apache agpl disclaimer* liab* warrant* gdpr hipaa
            by_using consent* agree agreement* complian* compliant comply lawsuit*""",
        "comparison": """better_than alternative alternatives compared unlike versus vs faster_than
            replacement_for clone similar same_* the_same than much_*er""",
    },
    asides="""sign_up sign_in log_in login subscribe download downloads install installs installed installation
        click tap_here contact_us contact_me contact_the follow_us learn_more read_more join visit get_it
        check_out please thank* help_us bug bugs feedback translat* github gitlab pull_request* readme fork
        forked repository repo repositories source_code issues issue requires requirement* permission*
        note_that not_affiliated unofficial* unfortunately limited yet work_in_progress wip deprecat*
        unmaintained discontinued planned roadmap i i'm i've me my mine we_are_hiring hiring welcome_to
        feature_list key_features main_features highlights screenshots faq changelog what's_new compatib*
        tested was were been based_on powered_by developed_by made_by created_by built_by *ed_using
        built_using built_with javascript this_page our_page web_page* website this_site browser_* cancel
        cancelled error_* newsletter enable_* homepage menu navigation breaking announc* read_about see_also
        more_info for_more details documentation click_* hello hi welcome written_in metapackage* package
        packages dependenc* compil* licen_ed by_default available will_need need_to is_not isn't are_not not_a
        not_an problem* trouble* crash*""",
    force="""free no not never every always all any only unlimited instant instantly without zero more
        less faster better saves save new first one two three four five six seven eight nine ten dozen*
        hundred* thousand* million* billion* half double twice both none nobody everyone everybody anyone
        everything nothing everywhere must cannot can't won't don't doesn't fully completely totally
        entirely absolutely truly really very extremely real secure securely safe safely automatic
        automatically forever lifetime daily hourly minutes seconds immediately quickly""",
    glue="""a an the and or of to in on at for with by from as is are be it its your you our we us this
        that these those into up out so then here there their them they can will do does what how when
        where while who whose which than about over""",
)
