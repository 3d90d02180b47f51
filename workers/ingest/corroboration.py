"""Corroboration: the count of independent places of a source that have the same value.

Places that are filled from one setting count as one source, however often the value is written. The
publisher and the organization of JSON-LD are one node, and a CMS fills `og:site_name` and `WebSite` from
one form field.
The title is another source, since people read and edit it; so are the manifest and the copyright line. A
domain as a name counts as the host's source in any place. A longer name that begins with the value agrees too.
"""

from collections.abc import Iterator

import msgspec

from schemas.brand import FieldCandidate
from workers.ingest.llm.answer import LLM_RULE_NAME
from workers.ingest.page.address import strip_domain_ending
from workers.ingest.page.text import fold_text

TITLE_NAME_RULES = frozenset(f"html.title.{end}" for end in ("host", "end", "part", "first", "last"))
#: Metas with the name of a page's app.
APP_NAME_META_TAGS = """application-name apple-mobile-web-app-title al:ios:app_name al:android:app_name
    twitter:app:name:iphone twitter:app:name:ipad twitter:app:name:googleplay""".split()
APP_NAME_META_RULES = frozenset(f"html.{name}" for name in APP_NAME_META_TAGS)
#: Places of a name that are filled from one setting. Any other place is a source of its own.
RULES_SHARING_ONE_SOURCE = (
    frozenset({"html.og:site_name", "jsonld.WebSite.name"}),
    frozenset({"jsonld.publisher.name", "jsonld.Organization.name", "jsonld.Person.name"}),
    TITLE_NAME_RULES,
    APP_NAME_META_RULES,
)
#: Places with little room, or with the owner's name: an ending that they leave out may belong to the name.
RULES_OF_PLACES_WITH_SHORTENED_NAMES = APP_NAME_META_RULES | {
    "manifest.name",
    "manifest.short_name",
    "html.logo",
    "html.copyright",
    "host",
}

NAME_SOURCE_BY_RULE = {rule: min(rules) for rules in RULES_SHARING_ONE_SOURCE for rule in rules}


def count_independent_sources(candidates: list[FieldCandidate]) -> int:
    """Count the independent places of a source that have the value, among candidates of one value.

    A model is no place of its own: it has read the others.
    """
    sources = {classify_candidate_source(candidate) for candidate in candidates}
    return len(sources - {LLM_RULE_NAME}) or 1


def classify_candidate_source(candidate: FieldCandidate) -> str:
    return "host" if is_domain_as_name(candidate) else NAME_SOURCE_BY_RULE.get(candidate.rule, candidate.rule)


def is_domain_as_name(candidate: FieldCandidate) -> bool:
    """Return whether the candidate is an app name that has a domain's ending, such as `acme.com`."""
    value = candidate.value
    return candidate.field == "appName" and isinstance(value, str) and strip_domain_ending(value) != value


def cut_lines_after_names(candidates: list[FieldCandidate]) -> Iterator[FieldCandidate]:
    """Yield the candidates of one field, names without a line after a comma if another place has the name alone.

    `M. Patachon, Burger maison` becomes `M. Patachon`. The host alone is too short a proof.
    """
    proved = {fold_text(str(candidate.value)) for candidate in candidates if candidate.rule != "host"}
    for candidate in candidates:
        head, comma, _ = str(candidate.value).partition(", ") if candidate.field == "appName" else ("", "", "")
        is_proved = comma and fold_text(head) in proved
        yield msgspec.structs.replace(candidate, value=head) if is_proved else candidate


def is_longer_name(longer: FieldCandidate, shorter: FieldCandidate) -> bool:
    """Return whether both candidates are app names, and the longer one begins with the shorter one's words."""
    return longer.field == "appName" and str(longer.value).casefold().startswith(f"{str(shorter.value).casefold()} ")
