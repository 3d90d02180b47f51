"""Witnesses: places of a source that say a value independently of each other.

What one hand fills from one setting is one witness, however often it is written: the publisher and the
organization of JSON-LD are one node, and a CMS writes `og:site_name` and `WebSite` from one box of a form.
The title is another witness, since people read and edit it; so are the manifest and the copyright line. A
name that is a domain says what the host says, wherever it stands.
"""

from schemas.brand import Candidate
from workers.ingest.page.address import stem

TITLE = frozenset(f"html.title.{end}" for end in ("host", "end", "part", "first", "last"))
APP = frozenset(
    """html.application-name html.apple-mobile-web-app-title html.al:ios:app_name html.al:android:app_name
    html.twitter:app:name:iphone html.twitter:app:name:ipad html.twitter:app:name:googleplay""".split()
)
#: Places of a name that one hand fills; any other place is a witness of its own.
ONE_HAND = (
    frozenset({"html.og:site_name", "jsonld.WebSite.name"}),
    frozenset({"jsonld.publisher.name", "jsonld.Organization.name", "jsonld.Person.name"}),
    TITLE,
    APP,
)
#: Places that have little room, or name an owner: an ending that they leave out may belong to the name.
NARROW = APP | {"manifest.name", "manifest.short_name", "html.logo", "html.copyright", "host"}

OF_NAMES = {rule: min(rules) for rules in ONE_HAND for rule in rules}


def witnesses(alike: list[Candidate]) -> int:
    """Number of witnesses among candidates with one value."""
    return len({witness(one) for one in alike})


def witness(candidate: Candidate) -> str:
    return "host" if is_domain(candidate) else OF_NAMES.get(candidate.rule, candidate.rule)


def is_domain(candidate: Candidate) -> bool:
    """True if it is a name that is a domain, such as `acme.com`."""
    value = candidate.value
    return candidate.field == "appName" and isinstance(value, str) and stem(value) != value
