"""Verified installations of the GitHub App."""

from typing import Annotated

from msgspec import Meta

from schemas.base import NulFreeText, RealClockResponseStruct, RequestStruct, ResponseStruct, UtcInstant


class InstallUrlCreate(RequestStruct, frozen=True, kw_only=True):
    """An installation link to create for one person."""

    return_url: Annotated[NulFreeText, Meta(max_length=2048, examples=["https://app.example.com/settings/github"])]
    """The page to return to afterwards. Its origin is one of the key's `returnOrigins`."""


class InstallUrl(RealClockResponseStruct, frozen=True, kw_only=True):
    """A link that redirects to GitHub's pages, valid for 15 minutes and one use."""

    install_url: str
    """Send the person here; they must return in the same browser."""
    state: str
    """The id of this attempt. It is returned to `returnUrl`, together with `status`."""
    expires_at: UtcInstant
    """The time at which the link expires."""


class GitHubInstallation(ResponseStruct, frozen=True, kw_only=True):
    """The verified installation of the App."""

    installation_id: int
    """GitHub's id of the installation."""
    account_login: str
    """The GitHub user or organization that owns the repositories."""
    connected_at: UtcInstant
    """When it was verified, in UTC."""


class GitHubDisconnected(ResponseStruct, frozen=True, kw_only=True):
    """The disconnected installation. On GitHub the App stays installed until a user uninstalls it there."""

    installation_id: int
    """GitHub's id of the installation."""
    account_login: str
    """The GitHub user or organization that owns the repositories."""
    disconnected: bool = True
    """Always true."""


class GitHubRepo(ResponseStruct, frozen=True, kw_only=True):
    """A repository that the installation can read."""

    id: int
    """GitHub's id of the repository."""
    full_name: str
    """The value for `repoFullName` of an ingest."""
    private: bool
    """Whether only the installation can read it."""


class GitHubRepos(ResponseStruct, frozen=True, kw_only=True):
    """The repositories that the installation can read."""

    as_of: UtcInstant | None
    """When GitHub listed them; null: not yet."""
    repositories: list[GitHubRepo]
    """The repositories, by name."""
