"""What a sandbox finds on GitHub: the same each time, and nothing is asked (api.md 1)."""

from domain.brand.github_installations import SANDBOX_CALLBACK, Installation
from schemas.errors import NotProved
from schemas.github import GitHubRepo

LOGIN = "sandbox-studio"

REPOSITORIES = [
    GitHubRepo(id=1, full_name=f"{LOGIN}/mobile-app", private=True),
    GitHubRepo(id=2, full_name=f"{LOGIN}/website", private=False),
]


def prove(*, code: str, installation_id: int) -> Installation:
    """Only for the code and the installation that a sandbox's install URL carries. Raises `NotProved`."""
    if {"code": code, "installation_id": str(installation_id)}.items() <= SANDBOX_CALLBACK.items():
        return Installation(installation_id, LOGIN)
    raise NotProved("the sandbox's GitHub knows no such code: use the install URL as it is")
