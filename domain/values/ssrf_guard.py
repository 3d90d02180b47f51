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

from schemas.errors import Invalid, SettingsInvalid

MAX_URL = 2048
DEFAULT_PORTS = {"http": 80, "https": 443}

OPEN = "give an address that anyone can open"

Origin = tuple[str, int]
Allowed = Mapping[Origin, Policy]


def denied(network: str, name: str) -> Block:
    return Block(ip_network(network), name, "local rule", Reach.DENIED)


#: Azure's WireServer listens on a public-looking address inside every machine there.
WIRESERVER = denied("168.63.129.16/32", "Azure WireServer")
PUBLIC = Policy(denied_networks=AddressTable((*DEFAULT_DENIED.blocks, WIRESERVER)), max_url_length=MAX_URL)
NOWHERE = AddressTable((denied("0.0.0.0/0", "not loopback"), denied("::/0", "not loopback")))

#: RFC 3986's scheme, unless a port follows the colon: `example.com:443/about` has none.
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?!\d+(?:[/?#]|$))", re.IGNORECASE)
#: Characters that some URL parsers drop and others keep; only browsers read a backslash as a slash.
UNREADABLE = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff\\]")
#: A last label that is a number makes the host an IPv4 address in some notation (WHATWG URL 3.5).
NUMERIC = re.compile(r"(?:.*\.)?(?:\d+|0x[0-9a-f]*)\.?")
QUAD = re.compile(r"\d+\.\d+\.\d+\.\d+")
#: Names of this machine or its network on every machine (RFC 6761, 6762, 8375; ICANN's .internal).
LOCAL = re.compile(r"(?:.*\.)?(?:localhost|local|internal|home\.arpa)\.?|[^.:]+\.?")


def read_allowed(text: str) -> Allowed:
    """Parse TENANTRY_FETCH_ALLOW, `host:port,host:port`: a policy for each, for that loopback port alone."""
    origins = [read_origin(entry) for entry in text.split(",") if entry.strip()]
    return {(host, port): loopback(host, port) for host, port in origins}


def read_origin(text: str) -> Origin:
    host, _, port = text.strip().lower().rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise SettingsInvalid(f"TENANTRY_FETCH_ALLOW: {text!r} is not host:port, such as 127.0.0.1:8123")
    return host.strip("[]"), int(port)


def loopback(host: str, port: int) -> Policy:
    return Policy(
        denied_networks=NOWHERE,
        allowed_networks=(ip_network("127.0.0.0/8"), ip_network("::1/128")),
        allowed_hosts=frozenset({host}),
        allowed_ports=frozenset({port}),
        max_url_length=MAX_URL,
    )


def operator_url_policy(url: str) -> Allowed:
    """Return the policy for a URL in the settings: the operator may name a host of their own network.

    Pass it only to a client that requests nothing but that URL's origin.
    """
    parts = urlsplit(url)
    origin = parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme]
    policy = Policy(
        denied_networks=AddressTable(()),
        allowed_hosts=frozenset({origin[0]}),
        allowed_ports=frozenset({origin[1]}),
        max_url_length=MAX_URL,
    )
    return {origin: policy}


def check_fetch_url(text: str, *, allowed: Allowed) -> str:
    """Return the normal form of a URL: a scheme, a lower-case A-label host, no fragment. Raises `Invalid`."""
    parts = split(with_scheme(text.strip(" ")))
    host, port = ascii_host(parts), port_of(parts)
    policy = allowed.get((host, port), PUBLIC)
    if policy is PUBLIC:
        refuse_private(host, port)
    url = parts._replace(netloc=netloc(parts, host), fragment="", path=parts.path or "/").geturl()
    try:
        policy.check_url(url)
    except SSRFGuardError as refused:
        raise invalid(f"{host} is not public or not well formed; {OPEN}") from refused
    return url


def with_scheme(text: str) -> str:
    if not text or len(text) > MAX_URL:
        raise invalid(f"must have 1 to {MAX_URL} characters")
    if UNREADABLE.search(text):
        raise invalid("must not contain blanks, control characters or backslashes; percent-encode them")
    if text.startswith("//"):
        return f"https:{text}"
    return text if SCHEME.match(text) else f"https://{text}"


def split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise invalid("is not a URL; check the brackets and the host") from error
    if parts.scheme not in DEFAULT_PORTS:
        raise invalid("must be an http or https address")
    if "@" in parts.netloc:
        raise invalid("must not carry a user name or password")
    return parts


def ascii_host(parts: SplitResult) -> str:
    """Return the host in the form for resolvers, an address without brackets."""
    host = parts.hostname or ""
    if not host or "%" in host:
        raise invalid("has no usable host")
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode()
    except UnicodeError as error:
        raise invalid(f"host {host!r} is not a domain name") from error


def port_of(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError as error:
        raise invalid("has an invalid port") from error
    return DEFAULT_PORTS[parts.scheme] if port is None else port


def refuse_private(host: str, port: int) -> None:
    if port not in PUBLIC.allowed_ports:
        raise invalid("must use port 80 or 443")
    if ":" in host or QUAD.fullmatch(host):
        return
    if NUMERIC.fullmatch(host):
        raise invalid("must not write an address as a number")
    if LOCAL.fullmatch(host):
        raise invalid(f"{host} is not a public host; {OPEN}")


def netloc(parts: SplitResult, host: str) -> str:
    host_text = f"[{host}]" if ":" in host else host
    return host_text if parts.port is None else f"{host_text}:{parts.port}"


def invalid(message: str) -> Invalid:
    return Invalid("url", message)
