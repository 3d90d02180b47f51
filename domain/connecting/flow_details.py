"""Details of an OAuth flow, stored in its row between our link and the callback."""

from uuid import UUID

import msgspec

from domain.accounts.client_registrations import PlatformServer


class OAuthFlowDetails(msgspec.Struct, frozen=True, kw_only=True):
    """Details of a flow; none is secret."""

    platform: str
    service_url: str
    redirect_uri: str
    challenge: str
    account_id: UUID | None
    register_job_id: UUID | None

    @property
    def server(self) -> PlatformServer:
        return PlatformServer(self.platform, self.service_url, self.redirect_uri)

    def find_issuer_error(self, *, issuer: str, iss: str | None) -> str | None:
        """Return OTHER_SERVER if a callback's `issuer` (redirect URI part) or `iss` isn't the flow's, else None."""
        if issuer != self.redirect_uri.rpartition("/")[2] or (iss or self.service_url) != self.service_url:
            return "OTHER_SERVER"
        return None
