"""GitHub of a sandbox: the same repositories each time, and no request (docs/reference/api.md)."""

from domain.brand.github_installations import SANDBOX_CALLBACK, Installation
from schemas.errors import InstallationUnverified
from schemas.github import GitHubRepo

LOGIN = "sandbox-studio"

REPOSITORIES = [
    GitHubRepo(id=1, full_name=f"{LOGIN}/mobile-app", private=True),
    GitHubRepo(id=2, full_name=f"{LOGIN}/website", private=False),
]


def prove_sandbox_access(*, code: str, installation_id: int) -> Installation:
    """Return the sandbox's installation, for its install URL's code and id.

    Raises `InstallationUnverified` for others.
    """
    if {"code": code, "installation_id": str(installation_id)}.items() <= SANDBOX_CALLBACK.items():
        return Installation(installation_id, LOGIN)
    raise InstallationUnverified("the sandbox's GitHub has no such code: use the install URL unchanged")
