"""IP addresses in texts."""

from ipaddress import ip_address


def is_ip_address(text: str) -> bool:
    """Return whether a text is an IPv4 or IPv6 address and nothing else."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
