"""Install spec of an SDK app: packages, variables, snippets and files of each platform."""

from typing import Literal

from schemas import ids
from schemas.apps import AppPlatform
from schemas.base import Out

FileAction = Literal["create", "add"]
PackageManager = Literal["swift", "gradle", "npm", "pub"]


class Dependency(Out, frozen=True, kw_only=True):
    """A package of somebody else's that the product takes."""

    manager: PackageManager
    """Whose package it is."""
    name: str
    """What it is called there."""
    version: str
    """The version that these snippets are for."""
    install: str
    """A command, or the line for the manifest."""


class EnvVar(Out, frozen=True, kw_only=True):
    """A variable that the build needs."""

    name: str
    """What it is called."""
    value: str | None
    """Its value; null: it is yours to fill in, as the key is."""
    about: str
    """What it is."""


class InstallFile(Out, frozen=True, kw_only=True):
    """A file of the product."""

    path: str
    """Where it usually lies."""
    action: FileAction
    """`create`: it is new. `add`: the content goes into one that is there."""
    content: str
    """Its text."""


class PlatformInstall(Out, frozen=True, kw_only=True):
    """What one platform takes."""

    platform: AppPlatform
    """What the product is built for or with."""
    dependency: list[Dependency]
    """Packages to install; none where the web module is loaded from here."""
    env_vars: list[EnvVar]
    """Variables of the build."""
    init_snippet: str
    """What to paste where the product starts."""
    files: list[InstallFile]
    """Files to create, or to add to."""


class InstallSpec(Out, frozen=True, kw_only=True):
    """What a product takes to send events of an app. It never has the app's key."""

    app_id: ids.AppId
    ingest_endpoint: str
    """Where the app's events go."""
    platforms: list[PlatformInstall]
    """What each of the platforms takes that were asked for."""
