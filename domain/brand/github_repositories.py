"""Names of GitHub repositories and branches, parsed from each form that people paste."""

import re
from urllib.parse import urlsplit

from schemas.errors import Invalid

REPOSITORY_FIELD = "repoFullName"
MAX_CHARACTERS = 500

#: GitHub's rules: an account's name has no two hyphens in a row and none at an end.
OWNER = re.compile(r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}")
#: Names of managed users end in `_company`.
MANAGED = re.compile(rf"{OWNER.pattern}_[A-Za-z0-9]{{3,8}}")
REPOSITORY_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
#: `git@github.com:owner/name.git`, also without a user.
SCP = re.compile(r"(?:[\w.-]+@)?(?P<host>[\w.-]+\.[a-z]+):(?P<path>[^/\d].*)")
HOSTS = {"github.com", "www.github.com", "ssh.github.com", "api.github.com"}
SCHEMES = {"https", "http", "ssh", "git", "git+ssh", "git+https"}
#: First path parts of github.com that are its own pages, not accounts.
RESERVED = {
    *("orgs", "settings", "topics", "search", "marketplace", "explore", "features", "sponsors"),
    *("notifications", "login", "apps", "about", "pricing", "collections", "trending", "stars", "enterprise"),
}
#: git's rules for a ref (git-check-ref-format).
NOT_IN_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|^[/.]|\.lock(?:/|$)|[/.]$|^@$")


def check(text: str) -> str:
    """Return `owner/name` in the spelling of the input. Raises `Invalid`."""
    if len(text) > MAX_CHARACTERS:
        raise invalid(f"must have at most {MAX_CHARACTERS} characters")
    owner, name = split_owner_and_name(text.strip().strip("/"))
    if not (OWNER.fullmatch(owner) or MANAGED.fullmatch(owner)) or owner.lower() in RESERVED:
        raise invalid(f"{owner[:50]!r} is no account of GitHub; send owner/name, such as octocat/hello-world")
    if not REPOSITORY_NAME.fullmatch(name) or name in {".", ".."}:
        raise invalid(f"{name[:50]!r} is no repository's name; send owner/name, such as octocat/hello-world")
    return f"{owner}/{name}"


def split_owner_and_name(text: str) -> tuple[str, str]:
    """Return owner and name as written, without the rest of a web address and without `.git`."""
    segments = path_of(text).strip("/").split("/")
    if segments[0] == "repos" and len(segments) > 2:
        segments = segments[1:]
    if len(segments) < 2 or not segments[1]:
        raise invalid("names no repository; send owner/name, such as octocat/hello-world")
    return segments[0], segments[1].removesuffix(".git")


def path_of(text: str) -> str:
    """Return the path below github.com."""
    if scp := SCP.fullmatch(text):
        refuse_host(scp["host"])
        return scp["path"]
    host = text.partition("/")[0].lower()
    if "://" not in text and not is_host(host):
        if text.count("/") != 1:
            raise invalid("must be owner/name or a repository's address on github.com")
        return text
    return path_below_github(text if "://" in text else f"https://{text}")


def is_host(text: str) -> bool:
    """Return whether a text is a host: an account's name has no dot."""
    return "." in text


def path_below_github(url: str) -> str:
    try:
        address = urlsplit(url)
        host = (address.hostname or "").rstrip(".")
    except ValueError as error:
        raise invalid("is not a web address") from error
    if address.scheme not in SCHEMES:
        raise invalid("must be owner/name or an https address on github.com")
    refuse_host(host)
    return address.path


def refuse_host(host: str) -> None:
    """Raise `Invalid` for every host but github.com, with the right route for related hosts."""
    name = host.lower()
    if name in HOSTS:
        return
    if name.endswith(".github.io"):
        raise invalid(f"{name[:100]} is a website: send its address to ingest/website")
    if name == "gist.github.com":
        raise invalid("a gist is no repository: send its address to ingest/website")
    if name.endswith("githubusercontent.com") or name in {"raw.github.com", "codeload.github.com"}:
        raise invalid(f"{name[:100]} serves single files: send owner/name, or the address to ingest/website")
    raise invalid(f"{name[:100]} is not github.com: send a website's address to ingest/website")


def check_branch(branch: str | None) -> str | None:
    """Return the branch unchanged, None too. Raises `Invalid` for a name that git refuses."""
    if branch is None:
        return None
    if not 0 < len(branch) <= 255 or branch.startswith("-") or NOT_IN_REF.search(branch):
        raise Invalid("branch", "must be a branch's name, such as main or release/2.0")
    return branch


def invalid(message: str) -> Invalid:
    return Invalid(REPOSITORY_FIELD, message)
