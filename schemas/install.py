"""Install spec of an SDK app: packages, variables, snippets and files of each platform."""

from typing import Literal

from schemas import ids
from schemas.apps import AppPlatform
from schemas.base import ResponseStruct

FileAction = Literal["create", "add"]
PackageManager = Literal["swift", "gradle", "npm", "pub"]


class Dependency(ResponseStruct, frozen=True, kw_only=True):
    """A third-party package to install."""

    manager: PackageManager
    """The package manager."""
    name: str
    """The package's name."""
    version: str
    """The version that these snippets are for."""
    install: str
    """A command, or the line for the manifest."""


class EnvVar(ResponseStruct, frozen=True, kw_only=True):
    """An environment variable of the build."""

    name: str
    """The variable's name."""
    value: str | None
    """The value; null: fill it in yourself, for example the key."""
    about: str
    """A description."""


class InstallFile(ResponseStruct, frozen=True, kw_only=True):
    """A file of the product."""

    path: str
    """The usual path."""
    action: FileAction
    """`create`: a new file. `add`: add the content to an existing file."""
    content: str
    """The file's content."""


class PlatformInstall(ResponseStruct, frozen=True, kw_only=True):
    """The setup of one platform."""

    platform: AppPlatform
    """The platform or framework of the product."""
    dependency: list[Dependency]
    """Packages to install; empty if the web module is loaded from this server."""
    env_vars: list[EnvVar]
    """Environment variables of the build."""
    init_snippet: str
    """Code to paste at the product's start."""
    files: list[InstallFile]
    """Files to create or extend."""


class InstallSpec(ResponseStruct, frozen=True, kw_only=True):
    """All that a product needs to send an app's events, except the app's key."""

    app_id: ids.SdkAppId
    ingest_endpoint: str
    """The URL for the app's events."""
    platforms: list[PlatformInstall]
    """The setup of each requested platform."""
