"""A GitHub App's installation, proved by whoever has a hand in it."""

from typing import Annotated

from msgspec import Meta

from schemas.base import In, Instant, Out, Real, Text


class InstallUrlCreate(In, frozen=True, kw_only=True):
    """A link to make for one person."""

    return_url: Annotated[Text, Meta(max_length=2048, examples=["https://app.example.com/settings/github"])]
    """Where the person goes afterwards. Its origin is one of the key's `returnOrigins`."""


class InstallUrl(Real, frozen=True, kw_only=True):
    """A link of ours that leads on to GitHub's pages, good for 15 minutes and once."""

    install_url: str
    """Send the person here, in the browser in which they come back."""
    state: str
    """Names this attempt. It comes back to `returnUrl`, beside `status`."""
    expires_at: Instant
    """From then on the link leads nowhere."""


class GitHubInstallation(Out, frozen=True, kw_only=True):
    """The App's installation that was proved."""

    installation_id: int
    """GitHub's number of it."""
    account_login: str
    """The GitHub user or organization whose repositories may be read."""
    connected_at: Instant
    """When it was proved, in UTC."""


class GitHubDisconnected(Out, frozen=True, kw_only=True):
    """What was forgotten. On GitHub the App stays installed until somebody uninstalls it there."""

    installation_id: int
    """GitHub's number of it."""
    account_login: str
    """The GitHub user or organization whose repositories could be read."""
    disconnected: bool = True
    """Always true."""


class GitHubRepo(Out, frozen=True, kw_only=True):
    """A repository that the installation may read."""

    id: int
    """GitHub's number of it."""
    full_name: str
    """What an ingest takes as `repoFullName`."""
    private: bool
    """Whether only the installation opens it."""


class GitHubRepos(Out, frozen=True, kw_only=True):
    """What the installation may read."""

    as_of: Instant | None
    """When GitHub listed them; null: not yet."""
    repositories: list[GitHubRepo]
    """What the installation may read, by name."""
