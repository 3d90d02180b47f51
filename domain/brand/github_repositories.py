"""Names of GitHub repositories and branches, parsed from each form that people paste."""

import re
from urllib.parse import urlsplit

from schemas.errors import InvalidValue

REPOSITORY_FIELD_NAME = "repoFullName"
MAX_REPOSITORY_NAME_OR_URL_CHARS = 500

#: GitHub's rules: an account's name has no two hyphens in a row and none at an end.
GITHUB_ACCOUNT_NAME_PATTERN = re.compile(r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}")
#: Names of managed users end in `_company`.
GITHUB_MANAGED_USER_NAME_PATTERN = re.compile(rf"{GITHUB_ACCOUNT_NAME_PATTERN.pattern}_[A-Za-z0-9]{{3,8}}")
BARE_REPO_NAME_PATTERN = re.compile(r"[A-Za-z0-9._-]{1,100}")
#: `git@github.com:owner/name.git`, also without a user.
GIT_SCP_ADDRESS_PATTERN = re.compile(r"(?:[\w.-]+@)?(?P<host>[\w.-]+\.[a-z]+):(?P<path>[^/\d].*)")
GITHUB_HOSTS = {"github.com", "www.github.com", "ssh.github.com", "api.github.com"}
GIT_URL_SCHEMES = {"https", "http", "ssh", "git", "git+ssh", "git+https"}
#: First path parts of github.com that are its own pages, not accounts.
RESERVED_GITHUB_ACCOUNT_NAMES = {
    *("orgs", "settings", "topics", "search", "marketplace", "explore", "features", "sponsors"),
    *("notifications", "login", "apps", "about", "pricing", "collections", "trending", "stars", "enterprise"),
}
#: git's rules for a ref (git-check-ref-format).
FORBIDDEN_GIT_REF_PATTERN = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|^[/.]|\.lock(?:/|$)|[/.]$|^@$")


def parse_repository_name(text: str) -> str:
    """Return a GitHub repository's `owner/name` as written, from that form or an address. Raises `InvalidValue`."""
    if len(text) > MAX_REPOSITORY_NAME_OR_URL_CHARS:
        raise invalid_repository_error(f"must have at most {MAX_REPOSITORY_NAME_OR_URL_CHARS} characters")
    owner, name = split_repository_owner_and_name(text.strip().strip("/"))
    if (
        not (GITHUB_ACCOUNT_NAME_PATTERN.fullmatch(owner) or GITHUB_MANAGED_USER_NAME_PATTERN.fullmatch(owner))
        or owner.lower() in RESERVED_GITHUB_ACCOUNT_NAMES
    ):
        raise invalid_repository_error(
            f"{owner[:50]!r} is no account of GitHub; send owner/name, such as octocat/hello-world"
        )
    if not BARE_REPO_NAME_PATTERN.fullmatch(name) or name in {".", ".."}:
        raise invalid_repository_error(
            f"{name[:50]!r} is no repository's name; send owner/name, such as octocat/hello-world"
        )
    return f"{owner}/{name}"


def split_repository_owner_and_name(text: str) -> tuple[str, str]:
    """Return a repository's owner and name, without the rest of an address and `.git`. Raises `InvalidValue`."""
    segments = extract_path_from_repository_address(text).strip("/").split("/")
    if segments[0] == "repos" and len(segments) > 2:
        segments = segments[1:]
    if len(segments) < 2 or not segments[1]:
        raise invalid_repository_error("names no repository; send owner/name, such as octocat/hello-world")
    return segments[0], segments[1].removesuffix(".git")


def extract_path_from_repository_address(text: str) -> str:
    """Return a GitHub address's path below github.com; `owner/name` stays. Raises `InvalidValue` for another text."""
    if scp := GIT_SCP_ADDRESS_PATTERN.fullmatch(text):
        check_github_host(scp["host"])
        return scp["path"]
    host = text.partition("/")[0].lower()
    if "://" not in text and not is_host_rather_than_github_account(host):
        if text.count("/") != 1:
            raise invalid_repository_error("must be owner/name or a repository's address on github.com")
        return text
    return path_below_github(text if "://" in text else f"https://{text}")


def is_host_rather_than_github_account(text: str) -> bool:
    """Return whether a text contains a dot, and so is a host: names of GitHub accounts have none."""
    return "." in text


def path_below_github(url: str) -> str:
    try:
        address = urlsplit(url)
        host = (address.hostname or "").rstrip(".")
    except ValueError as error:
        raise invalid_repository_error("is not a web address") from error
    if address.scheme not in GIT_URL_SCHEMES:
        raise invalid_repository_error("must be owner/name or an https address on github.com")
    check_github_host(host)
    return address.path


def check_github_host(host: str) -> None:
    """Raise `InvalidValue` for every host but GitHub's; the message names the right route for related hosts."""
    name = host.lower()
    if name in GITHUB_HOSTS:
        return
    if name.endswith(".github.io"):
        raise invalid_repository_error(f"{name[:100]} is a website: send its address to ingest/website")
    if name == "gist.github.com":
        raise invalid_repository_error("a gist is no repository: send its address to ingest/website")
    if name.endswith("githubusercontent.com") or name in {"raw.github.com", "codeload.github.com"}:
        raise invalid_repository_error(
            f"{name[:100]} serves single files: send owner/name, or the address to ingest/website"
        )
    raise invalid_repository_error(f"{name[:100]} is not github.com: send a website's address to ingest/website")


def check_branch_name(branch: str | None) -> str | None:
    """Return a branch's name, or None, unchanged. Raises `InvalidValue` for a name that git refuses."""
    if branch is None:
        return None
    if not 0 < len(branch) <= 255 or branch.startswith("-") or FORBIDDEN_GIT_REF_PATTERN.search(branch):
        raise InvalidValue("branch", "must be a branch's name, such as main or release/2.0")
    return branch


def invalid_repository_error(message: str) -> InvalidValue:
    return InvalidValue(REPOSITORY_FIELD_NAME, message)
