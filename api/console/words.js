// Texts for API codes, with next steps.

/** Next step after a failed ingest, by error code and, where they differ, by source. */
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

/** Tone, label and next step of a post, by status. */
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

/** Phases of jobs, as tabs. */
export const PHASES = [["", "All"], ["scheduled", "Scheduled"], ["queued", "Queued"], ["running", "Running"],
  ["waiting", "Waiting"], ["completed", "Completed"], ["failed", "Failed"], ["canceled", "Canceled"]];

/** Audience labels by `privacyLevel`. */
export const AUDIENCES = { public: "everybody", friends: "friends", followers: "followers",
  private: "only its owner" };

/** AI label texts by `aiLabel`. */
export const AI_LABELS = { labelled: "labelled as AI-generated", not_needed: "none needed",
  not_supported: "AI-generated, but the platform takes no label on it: say it in the caption" };

/** Origins of content by `madeBy`. */
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
