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

    @property
    def server(self) -> Server:
        return Server(self.platform, self.service_url, self.redirect_uri)

    def failure(self, *, issuer: str, iss: str | None) -> str | None:
        """The error of a way back by another server than it should be by."""
        if issuer != self.redirect_uri.rpartition("/")[2] or (iss or self.service_url) != self.service_url:
            return "OTHER_SERVER"
        return None
