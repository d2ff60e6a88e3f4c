"""Origins of web sites and addresses of machines, as settings name them and as requests carry them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from redness_qa.errors import SettingsError

Network = IPv4Network | IPv6Network

_SEPARATORS = re.compile(r"[\s,]+")
_ORIGIN = re.compile(r"https?://(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_CLIENT_PREFIX = 64  # of an IPv6 address: what one subscriber is given, who may take any address in it


def listed(text: str) -> tuple[str, ...]:
    """Split a list at commas and spaces; an empty text is an empty list."""
    return tuple(part for part in _SEPARATORS.split(text.strip()) if part)


def read_origin(text: str, *, variable: str) -> str:
    """Read the origin of a web site as a browser writes it: small letters, no default port, no path.

    Raises:
        SettingsError: It is no origin, or one that stands for several sites.
    """
    origin = text.strip().lower().removesuffix("/")
    if not _ORIGIN.fullmatch(origin) or normal_origin(origin) is None:
        raise SettingsError(
            f"{variable}: {text!r} is not the origin of one web site. Give scheme and host, and a port if it has one, "
            "such as https://www.clinic.example, without path or wildcard; write other letters as xn--."
        )
    return normal_origin(origin) or origin


def normal_origin(text: str) -> str | None:
    """Write an origin without its default port; None for what is no origin, such as "null"."""
    try:
        parts = urlsplit(text.lower())
        port = parts.port
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not host or "@" in parts.netloc:
        return None
    if f"{parts.scheme}://{parts.netloc}" != text.lower():
        return None  # a path, or what stands for none
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + ("" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}")


def read_network(text: str, *, variable: str) -> Network:
    """Read the address of one machine, or a network of them, such as 10.0.0.0/8.

    Raises:
        SettingsError: It is neither.
    """
    try:
        return ip_network(text.strip())
    except ValueError as error:
        raise SettingsError(
            f"{variable}: {text!r} is no address. Give addresses or networks in numbers, such as 127.0.0.1 or "
            "10.0.0.0/8, with commas between them."
        ) from error


def is_within(address: str, networks: Iterable[Network]) -> bool:
    """Tell whether an address is of one of the networks; what is no address is of none."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return any(parsed in network for network in networks)


def client_behind(peer: str, forwarded: Iterable[str], proxies: tuple[Network, ...]) -> str:
    """Find whom a connection speaks for: the last address named that is no proxy of ours.

    Args:
        peer: The address at the other end of the connection.
        forwarded: Addresses in `X-Forwarded-For`, first to last; each proxy adds the one that it sees.
        proxies: The proxies whose word is taken. Where the peer is none of them, what it says is not read.
    """
    client = peer
    for named in reversed(tuple(forwarded)):
        if not is_within(client, proxies):
            break
        try:
            client = str(ip_address(named.strip()))
        except ValueError:
            break  # a proxy that names no address has nothing further to say
    return client


def subscriber(address: str) -> str:
    """Name whom an address belongs to: itself, or in IPv6 the network that one subscriber is given."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(IPv6Network((int(parsed), _CLIENT_PREFIX), strict=False))
    return str(parsed)
