"""Tokens: one family for each consent; a refresh replaces the last pair by a new one.

An access token lives 24 h, a refresh token 365 d [D]. A refresh issues a new refresh token and invalidates
the used one; a later reuse counts as theft, and ends the whole family [ours: TikTok's pages only state that
the token may change]. Exception: the previous refresh token returns the last pair again until any token of it
is used, so that a lost response is harmless [ours]. An access token ends when a token of a later pair is used
[ours].
"""

import secrets
from collections.abc import Sequence

import msgspec

from tests.peers.simulators.tiktok_people import Creator

ACCESS_S, REFRESH_S = 86400, 365 * 86400


class TokenPair(msgspec.Struct, kw_only=True):
    access: str
    refresh: str
    access_ends: float
    refresh_ends: float
    used: bool = False


class Family(msgspec.Struct, kw_only=True):
    """The tokens of one consent of `creator`."""

    key: str
    username: str
    scopes: Sequence[str]
    pairs: list[TokenPair] = msgspec.field(default_factory=list)
    ended: bool = False

    def token_response(self, pair: TokenPair, creator: Creator, now: float) -> dict[str, object]:
        """Return the flat response of the token call."""
        return {
            "access_token": pair.access,
            "expires_in": int(pair.access_ends - now),
            "open_id": creator.open_id,
            "refresh_expires_in": int(pair.refresh_ends - now),
            "refresh_token": pair.refresh,
            "scope": ",".join(self.scopes),
            "token_type": "Bearer",
        }


class Stolen(Exception):
    """Raised for a reused refresh token: its family has ended."""


class TikTokTokenStore:
    def __init__(self) -> None:
        self.families: dict[str, Family] = {}

    def begin(self, username: str, scopes: Sequence[str], now: float) -> tuple[Family, TokenPair]:
        family = Family(key=secrets.token_hex(8), username=username, scopes=scopes)
        self.families[family.key] = family
        return family, renewed(family, now)

    def holder(self, access: str, now: float) -> Family | None:
        """Return the holder of an access token, and mark it as used; None if it is invalid."""
        for family in self.families.values():
            for number, pair in enumerate(family.pairs):
                if pair.access == access:
                    later = any(other.used for other in family.pairs[number + 1 :])
                    if family.ended or later or now >= pair.access_ends:
                        return None
                    pair.used = True
                    return family
        return None

    def owner(self, tokens: set[str | None]) -> str | None:
        """Return the username of any of these tokens, current or past, without marking them as used."""
        for family in self.families.values():
            if any({pair.access, pair.refresh} & tokens for pair in family.pairs):
                return family.username
        return None

    def refresh(self, token: str, now: float) -> tuple[Family, TokenPair] | None:
        """Return the next pair; None for an invalid token. Raises `Stolen`."""
        for family in self.families.values():
            for number, pair in enumerate(family.pairs):
                if pair.refresh == token:
                    return self._following(family, number, now)
        return None

    def _following(self, family: Family, number: int, now: float) -> tuple[Family, TokenPair] | None:
        pair, last = family.pairs[number], family.pairs[-1]
        if family.ended or now >= pair.refresh_ends:
            return None
        if pair is last:
            pair.used = True
            return family, renewed(family, now)
        if number == len(family.pairs) - 2 and not last.used:
            return family, last
        family.ended = True
        raise Stolen

    def revoke(self, token: str) -> bool:
        """End the family of an access or refresh token; return False for an invalid one."""
        for family in self.families.values():
            if not family.ended and any(token in {pair.access, pair.refresh} for pair in family.pairs):
                family.ended = True
                return True
        return False

    def remove(self, username: str) -> None:
        """Withdraw the application's access."""
        for family in self.families.values():
            family.ended |= family.username == username


def renewed(family: Family, now: float) -> TokenPair:
    """Add a new pair; its refresh token keeps the end set by the consent."""
    ends = family.pairs[0].refresh_ends if family.pairs else now + REFRESH_S
    pair = TokenPair(
        access=f"act.{secrets.token_urlsafe(24)}",
        refresh=f"rft.{secrets.token_urlsafe(24)}",
        access_ends=now + ACCESS_S,
        refresh_ends=ends,
    )
    family.pairs.append(pair)
    return pair
