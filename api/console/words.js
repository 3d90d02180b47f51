// What the API's words mean to a person, and what to do next.

/** Of an ingest that failed, by its code, and by its source where they differ: what its owner can do. */
const NEXT = {
  FETCH_BLOCKED: "The address leads into a private network. Give one that anybody can open.",
  ROBOTS_DISALLOWED: "The site's robots.txt forbids reading it. Allow “Tenantry”, or give another page.",
  FETCH_FAILED: "The server did not answer as it should. Look whether the address opens in a browser, then read it again.",
  NOT_HTML: "There is no page at this address. Give the address of the home page.",
  TOO_LARGE: "The page is too large. Give a smaller one, such as an about page.",
  TIMEOUT: "The server was too slow. Read it again later.",
  SOURCE_NOT_FOUND: {
    website: "There is no page at this address. Look at it in a browser, and give another one.",
    github: "No public repository has that name. Check its spelling; private ones need the GitHub App.",
    appstore: "No app has that name there. Check its spelling, and the storefront.",
  },
  SOURCE_FORBIDDEN: {
    website: "The site refuses us. Let “Tenantry” read it, or give another page.",
    github: "GitHub refuses us. Make the repository public, or install the GitHub App.",
    appstore: "The store refuses us. Read it again later.",
  },
  SOURCE_RATE_LIMITED: "The source asks us to slow down. Read it again in some minutes.",
  SCRAPE_FAILED: "The page could be read, but says nothing that we understand. Give another page.",
};

export const nextOf = ({ code, retryable }, source) =>
  NEXT[code]?.[source] ?? NEXT[code] ?? (retryable ? "Reading it again may do." : "");

/** Of a post, by its status: its tone, a word, and what happens next. */
export const POSTS = {
  blocked: { tone: "pending", word: "to approve", next: "It goes out at its time once it is approved." },
  queued: { tone: "cool", word: "scheduled", next: "It goes out at its time." },
  publishing: { tone: "running", word: "publishing", next: "It is on its way." },
  published: { tone: "good", word: "published", next: "It is live." },
  draft_in_inbox: { tone: "good", word: "in inbox", next: "Its owner publishes it in the platform's app." },
  failed: { tone: "bad", word: "failed", next: "It is not live. Schedule its content again." },
  canceled: { tone: "off", word: "canceled", next: "It never goes out." },
  outcome_unknown: { tone: "busy", word: "unclear",
    next: "The platform may have it. We look for it; or look yourself, and say what you saw." },
};

/** The phases of jobs, as the tabs of lists have them. */
export const PHASES = [["", "All"], ["scheduled", "Scheduled"], ["queued", "Queued"], ["running", "Running"],
  ["waiting", "Waiting"], ["completed", "Completed"], ["failed", "Failed"], ["canceled", "Canceled"]];

/** Who may see a post, by its `privacyLevel`. */
export const AUDIENCES = { public: "everybody", friends: "friends", followers: "followers",
  private: "only its owner" };

/** Whether a post carries its platform's AI label, by its `aiLabel`. */
export const AI_LABELS = { labelled: "labelled as AI-generated", not_needed: "none needed",
  not_supported: "AI-generated, but the platform takes no label on it: say it in the caption" };

/** How content was made, by its `madeBy`. */
export const MAKERS = { renderer: "composed by our renderer", model: "a language model wrote part of it",
  presenter: "a drawn presenter shows it", voice: "a synthetic voice reads it",
  clip: "cut from your own clip" };

export const PLATFORMS = { tiktok: "TikTok", instagram: "Instagram", bluesky: "Bluesky",
  mastodon: "Mastodon" };
export const SOURCES = { website: "Website", github: "GitHub", appstore: "App store", partner: "You" };
export const FIELDS = {
  appName: "Name", tagline: "Tagline", appDescription: "Description", audience: "Audience",
    icp: "Ideal customer", brandVoice: "Voice",
  keywords: "Keywords", primaryLanguage: "Language", logoUrl: "Logo", colors: "Colors", links: "Links",
};
