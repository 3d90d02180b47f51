"""SSRF guard: policies of the addresses that we may fetch, for the API's checks and the workers' sockets.

No function here resolves a name. `check_fetch_url` refuses by the text alone. The resolved address is known
only at the connection, where `workers/web/fetch.py` checks it by the same policies.
"""

import re
from collections.abc import Mapping
from ipaddress import ip_network
from urllib.parse import SplitResult, urlsplit

import idna
from ssrfguard import DEFAULT_DENIED, AddressTable, Block, Policy, Reach, SSRFGuardError

from schemas.errors import InvalidValue, SettingsInvalid

MAX_URL_CHARACTERS = 2048
DEFAULT_PORT_BY_SCHEME = {"http": 80, "https": 443}

GIVE_PUBLIC_URL_ADVICE = "give an address that anyone can open"

HostAndPort = tuple[str, int]
AllowedOrigins = Mapping[HostAndPort, Policy]


def build_denied_network_rule(network: str, name: str) -> Block:
    return Block(ip_network(network), name, "local rule", Reach.DENIED)


#: Azure's WireServer listens on a public-looking address inside every machine there.
AZURE_WIRESERVER = build_denied_network_rule("168.63.129.16/32", "Azure WireServer")
PUBLIC_ADDRESS_POLICY = Policy(
    denied_networks=AddressTable((*DEFAULT_DENIED.blocks, AZURE_WIRESERVER)), max_url_length=MAX_URL_CHARACTERS
)
NON_LOOPBACK_ADDRESSES = AddressTable(
    (build_denied_network_rule("0.0.0.0/0", "not loopback"), build_denied_network_rule("::/0", "not loopback"))
)

#: RFC 3986's scheme, unless a port follows the colon: `example.com:443/about` has none.
LEADING_URL_SCHEME_PATTERN = re.compile(r"[a-z][a-z0-9+.-]*:(?!\d+(?:[/?#]|$))", re.IGNORECASE)
#: Characters that some URL parsers drop and others keep; only browsers read a backslash as a slash.
AMBIGUOUS_URL_CHAR_PATTERN = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff\\]")
#: A last label that is a number makes the host an IPv4 address in some notation (WHATWG URL 3.5).
NUMERIC_HOST_PATTERN = re.compile(r"(?:.*\.)?(?:\d+|0x[0-9a-f]*)\.?")
DOTTED_QUAD_PATTERN = re.compile(r"\d+\.\d+\.\d+\.\d+")
#: Names of this machine or its network on every machine (RFC 6761, 6762, 8375; ICANN's .internal).
LOCAL_HOST_NAME_PATTERN = re.compile(r"(?:.*\.)?(?:localhost|local|internal|home\.arpa)\.?|[^.:]+\.?")


def parse_allowed_loopback_fetch_origins(text: str) -> AllowedOrigins:
    """Return TENANTRY_FETCH_ALLOW's policies, each for a loopback `host:port`. Raises `SettingsInvalid`."""
    origins = [parse_host_and_port(entry) for entry in text.split(",") if entry.strip()]
    return {(host, port): loopback_only_policy(host, port) for host, port in origins}


def parse_host_and_port(text: str) -> HostAndPort:
    host, _, port = text.strip().lower().rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise SettingsInvalid(f"TENANTRY_FETCH_ALLOW: {text!r} is not host:port, such as 127.0.0.1:8123")
    return host.strip("[]"), int(port)


def loopback_only_policy(host: str, port: int) -> Policy:
    return Policy(
        denied_networks=NON_LOOPBACK_ADDRESSES,
        allowed_networks=(ip_network("127.0.0.0/8"), ip_network("::1/128")),
        allowed_hosts=frozenset({host}),
        allowed_ports=frozenset({port}),
        max_url_length=MAX_URL_CHARACTERS,
    )


def build_settings_url_policy(url: str) -> AllowedOrigins:
    """Return the SSRF policy for a URL in the settings, by host and port: the operator may name any network's host.

    Pass it only to a client that requests nothing but that URL's origin.
    """
    parts = urlsplit(url)
    origin = parts.hostname or "", parts.port or DEFAULT_PORT_BY_SCHEME[parts.scheme]
    policy = Policy(
        denied_networks=AddressTable(()),
        allowed_hosts=frozenset({origin[0]}),
        allowed_ports=frozenset({origin[1]}),
        max_url_length=MAX_URL_CHARACTERS,
    )
    return {origin: policy}


def check_fetch_url(text: str, *, allowed: AllowedOrigins) -> str:
    """Return the normal form of a URL that we may fetch: a scheme, a lower-case A-label host, no fragment.

    Raises `InvalidValue` if malformed, or if host or port isn't public or in `allowed`. Resolves no name.
    """
    parts = split_http_url(add_url_scheme(text.strip(" ")))
    host, port = to_ascii_host(parts), url_port(parts)
    policy = allowed.get((host, port), PUBLIC_ADDRESS_POLICY)
    if policy is PUBLIC_ADDRESS_POLICY:
        refuse_local_or_numeric_host(host, port)
    url = parts._replace(netloc=build_netloc(parts, host), fragment="", path=parts.path or "/").geturl()
    try:
        policy.check_url(url)
    except SSRFGuardError as refused:
        raise invalid_url_error(f"{host} is not public or not well formed; {GIVE_PUBLIC_URL_ADVICE}") from refused
    return url


def add_url_scheme(text: str) -> str:
    if not text or len(text) > MAX_URL_CHARACTERS:
        raise invalid_url_error(f"must have 1 to {MAX_URL_CHARACTERS} characters")
    if AMBIGUOUS_URL_CHAR_PATTERN.search(text):
        raise invalid_url_error("must not contain blanks, control characters or backslashes; percent-encode them")
    if text.startswith("//"):
        return f"https:{text}"
    return text if LEADING_URL_SCHEME_PATTERN.match(text) else f"https://{text}"


def split_http_url(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise invalid_url_error("is not a URL; check the brackets and the host") from error
    if parts.scheme not in DEFAULT_PORT_BY_SCHEME:
        raise invalid_url_error("must be an http or https address")
    if "@" in parts.netloc:
        raise invalid_url_error("must not carry a user name or password")
    return parts


def to_ascii_host(parts: SplitResult) -> str:
    """Return a URL's host for resolvers: A-labels, or an address without brackets. Raises `InvalidValue`."""
    host = parts.hostname or ""
    if not host or "%" in host:
        raise invalid_url_error("has no usable host")
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode()
    except UnicodeError as error:
        raise invalid_url_error(f"host {host!r} is not a domain name") from error


def url_port(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError as error:
        raise invalid_url_error("has an invalid port") from error
    return DEFAULT_PORT_BY_SCHEME[parts.scheme] if port is None else port


def refuse_local_or_numeric_host(host: str, port: int) -> None:
    if port not in PUBLIC_ADDRESS_POLICY.allowed_ports:
        raise invalid_url_error("must use port 80 or 443")
    if ":" in host or DOTTED_QUAD_PATTERN.fullmatch(host):
        return
    if NUMERIC_HOST_PATTERN.fullmatch(host):
        raise invalid_url_error("must not write an address as a number")
    if LOCAL_HOST_NAME_PATTERN.fullmatch(host):
        raise invalid_url_error(f"{host} is not a public host; {GIVE_PUBLIC_URL_ADVICE}")


def build_netloc(parts: SplitResult, host: str) -> str:
    host_text = f"[{host}]" if ":" in host else host
    return host_text if parts.port is None else f"{host_text}:{parts.port}"


def invalid_url_error(message: str) -> InvalidValue:
    return InvalidValue("url", message)
