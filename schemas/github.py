"""A GitHub App's installation, proved by whoever has a hand in it."""

from typing import Annotated

from msgspec import Meta

from schemas.base import In, Instant, Out, Text


class InstallUrlCreate(In, frozen=True, kw_only=True):
    """`returnUrl` is where the person goes afterwards; its origin is one of the key's `returnOrigins`."""

    return_url: Annotated[Text, Meta(max_length=2048, examples=["https://app.example.com/settings/github"])]


class InstallUrl(Out, frozen=True, kw_only=True):
    """Where to send the person, once. `state` comes back to `returnUrl`, beside `status`."""

    install_url: str
    state: str
    expires_at: Instant


class GitHubInstallation(Out, frozen=True, kw_only=True):
    """`accountLogin` is the GitHub user or organization whose repositories may be read."""

    installation_id: int
    account_login: str
    connected_at: Instant


class GitHubDisconnected(Out, frozen=True, kw_only=True):
    """What was forgotten. On GitHub the App stays installed until somebody uninstalls it there."""

    installation_id: int
    account_login: str
    disconnected: bool = True


class GitHubRepo(Out, frozen=True, kw_only=True):
    """`fullName` is what an ingest takes as `repoFullName`."""

    id: int
    full_name: str
    private: bool


class GitHubRepos(Out, frozen=True, kw_only=True):
    """What the installation may read, by name, as GitHub listed it at `asOf`; null: it has not yet."""

    as_of: Instant | None
    repositories: list[GitHubRepo]
