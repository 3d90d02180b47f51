"""GitHub of a sandbox: the same repositories each time, and no request (docs/reference/api.md)."""

from domain.brand.github_installations import SANDBOX_GITHUB_CALLBACK_PARAMETERS, GitHubAppInstallation
from schemas.errors import GitHubInstallationUnverified
from schemas.github import GitHubRepo

SANDBOX_GITHUB_LOGIN = "sandbox-studio"

SANDBOX_GITHUB_REPOSITORIES = [
    GitHubRepo(id=1, full_name=f"{SANDBOX_GITHUB_LOGIN}/mobile-app", private=True),
    GitHubRepo(id=2, full_name=f"{SANDBOX_GITHUB_LOGIN}/website", private=False),
]


def prove_sandbox_github_installation(*, code: str, installation_id: int) -> GitHubAppInstallation:
    """Return the sandbox's GitHub installation, if code and id are those of the sandbox's install URL.

    Raises `GitHubInstallationUnverified` for any other code or id.
    """
    if {"code": code, "installation_id": str(installation_id)}.items() <= SANDBOX_GITHUB_CALLBACK_PARAMETERS.items():
        return GitHubAppInstallation(installation_id, SANDBOX_GITHUB_LOGIN)
    raise GitHubInstallationUnverified("the sandbox's GitHub has no such code: use the install URL unchanged")
