// Texts for API codes, with next steps.

import { DESCRIPTIONS } from "./platforms.js";

/** Next step after a failed ingest, by error code and, where they differ, by source. */
const NEXT = { FETCH_BLOCKED: "The address is in a private network. Use a public address.",
  ROBOTS_DISALLOWED: "The site's robots.txt forbids reading it. Allow “Tenantry”, or use another page.",
  FETCH_FAILED: "The server could not be read. Check the address in a browser, then read it again.",
  NOT_HTML: "The address is no web page. Use the address of the home page.",
  TOO_LARGE: "The page is too large. Use a smaller one, e.g. an about page.",
  TIMEOUT: "The server was too slow. Read it again later.",
  SOURCE_NOT_FOUND: { website: "The page does not exist. Check the address in a browser.",
    github: "No public repository has that name. Check the spelling; private ones need the GitHub App.",
    appstore: "No app has that name there. Check the spelling and the storefront." },
  SOURCE_FORBIDDEN: { website: "The site refuses access. Allow “Tenantry”, or use another page.",
    github: "GitHub refuses access. Make the repository public, or install the GitHub App.",
    appstore: "The store refuses access. Read it again later." },
  SOURCE_RATE_LIMITED: "The source limits our requests. Read it again in a few minutes.",
  SCRAPE_FAILED: "The page has no usable brand information. Use another page." };

export const nextStep = ({ code, retryable }, source) =>
  NEXT[code]?.[source] ?? NEXT[code] ?? (retryable ? "Read it again." : "");

/** Tone, label and next step of a post, by status. */
export const POSTS = {
  blocked: { tone: "pending", word: "to approve", next: "Once approved, it is published on schedule." },
  queued: { tone: "cool", word: "scheduled", next: "It is published on schedule." },
  publishing: { tone: "running", word: "publishing", next: "It is being sent." },
  published: { tone: "good", word: "published", next: "It is live." },
  draft_in_inbox: { tone: "good", word: "in inbox", next: "Its owner publishes it in the platform's app." },
  failed: { tone: "bad", word: "failed", next: "It is not live. Schedule its content again." },
  canceled: { tone: "off", word: "canceled", next: "It is never published." },
  outcome_unknown: { tone: "busy", word: "unclear",
    next: "It may be live. We keep checking; or check the account, and record the outcome." }
};

/** Phases of jobs, as tabs. */
export const PHASES = [["", "All"], ["scheduled", "Scheduled"], ["queued", "Queued"], ["running", "Running"],
  ["waiting", "Waiting"], ["completed", "Completed"], ["failed", "Failed"], ["canceled", "Canceled"]];

/** Audience labels by `privacyLevel`. */
export const AUDIENCES = { public: "everyone", friends: "friends", followers: "followers",
  private: "only its owner" };

/** AI label texts by `aiLabel`. */
export const AI_LABELS = { labelled: "labelled as AI-generated", not_needed: "none needed",
  not_supported: "AI-generated, but the platform has no label for it: mention it in the caption" };

/** Origins of content by `madeBy`. */
export const MAKERS = { renderer: "composed by our renderer", model: "a language model wrote part of it",
  presenter: "a drawn presenter shows it", voice: "a synthetic voice reads it",
  clip: "cut from your own clip" };

/** Return a platform's description. One of a newer release has its name alone. */
export const describe = name =>
  DESCRIPTIONS[name] ?? { title: name, view: { color: "gray", single: [null, null] } };

/** Titles of platforms by name. */
export const PLATFORMS = Object.fromEntries(
  Object.entries(DESCRIPTIONS).map(([name, { title }]) => [name, title])
);
export const SOURCES = { website: "Website", github: "GitHub", appstore: "App store", partner: "You" };
export const FIELDS = { appName: "Name", tagline: "Tagline", appDescription: "Description",
  audience: "Audience", icp: "Ideal customer", brandVoice: "Voice", keywords: "Keywords",
  primaryLanguage: "Language", logoUrl: "Logo", colors: "Colors", links: "Links", platforms: "Platforms" };
