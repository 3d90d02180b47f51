"""IP addresses in texts."""

from ipaddress import ip_address


def is_ip(text: str) -> bool:
    """True for an IPv4 or IPv6 address, and nothing beside it."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
