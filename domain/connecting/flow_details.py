"""Details of a flow: what its row carries from our link to the way back, and which way back it takes."""

from uuid import UUID

import msgspec

from domain.accounts.client_registrations import Server


class Details(msgspec.Struct, frozen=True, kw_only=True):
    """The details that a flow's row carries; nothing in them is secret."""

    platform: str
    service_url: str
    redirect_uri: str
    challenge: str
    account_id: UUID | None
    register_job_id: UUID | None
    #: Only the browser that followed our link brings it back. Rows of a release before don't say so.
    bound: bool = False

    @property
    def server(self) -> Server:
        return Server(self.platform, self.service_url, self.redirect_uri)

    def failure(self, *, issuer: str, iss: str | None, same_browser: bool) -> str | None:
        """The error of a way back by another browser or server than it should be by."""
        if self.bound and not same_browser:
            return "OTHER_BROWSER"
        if issuer != self.redirect_uri.rpartition("/")[2] or (iss or self.service_url) != self.service_url:
            return "OTHER_SERVER"
        return None
