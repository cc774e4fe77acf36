"""Where a request comes from: the client's address, of proxies only what those say that the settings name."""

from __future__ import annotations

from functools import cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

NETWORK_BITS = 64
"""Of an IPv6 address: what one household or office usually has to itself."""
FORWARDING = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
"""Headers that only proxies set."""
LOCAL_NAMES = frozenset({"localhost", "localhost."})


def client_address(request: Request, proxies: tuple[str, ...]) -> str:
    """Return the address of whoever asks, of IPv6 its network; "" where the system tells none.

    Parameters
    ----------
    request : Request
    proxies : tuple of str
        Addresses or networks of the proxies to believe.
    """
    peer = request.client.host if request.client else ""
    told = ",".join(request.headers.getlist("x-forwarded-for")) if proxies else ""
    return origin(_client(peer, [hop.strip() for hop in told.split(",") if hop.strip()], proxies))


def _client(peer: str, hops: Sequence[str], proxies: tuple[str, ...]) -> str:
    """Return the last hop that is no proxy of ours; what one of ours cannot have written ends the search.

    Examples
    --------
    >>> _client("10.0.0.1", ["9.9.9.9", "203.0.113.7", "10.0.0.2"], ("10.0.0.0/8",))
    '203.0.113.7'
    >>> _client("192.0.2.1", ["203.0.113.7"], ("10.0.0.1",)), _client("10.0.0.1", ["unknown"], ("10.0.0.1",))
    ('192.0.2.1', '10.0.0.1')
    """
    here = peer
    for hop in reversed(hops):
        if not is_among(here, proxies) or not is_address(hop):
            break
        here = hop
    return here


def origin(host: str) -> str:
    """Return whose guesses count as one: an address, of IPv6 its network.

    Examples
    --------
    >>> origin("192.0.2.7"), origin("2001:db8:1:2:3::9"), origin("testclient")
    ('192.0.2.7', '2001:db8:1:2::', 'testclient')
    """
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return str(address)
    mapped = address.ipv4_mapped
    return str(mapped or IPv6Address(int(address) >> (128 - NETWORK_BITS) << (128 - NETWORK_BITS)))


def is_address(host: str) -> bool:
    """Return whether a text is an address."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


@cache
def networks(names: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    """Return addresses and networks, as the settings write them.

    Raises
    ------
    ValueError
        When one of them is neither.
    """
    return tuple(ip_network(name, strict=False) for name in names)


def is_among(host: str, names: tuple[str, ...]) -> bool:
    """Return whether an address is one of some addresses and networks.

    Examples
    --------
    >>> is_among("10.1.2.3", ("10.0.0.0/8",)), is_among("::1", ("10.0.0.0/8",)), is_among("testclient", ("10.0.0.1",))
    (True, False, False)
    """
    return is_address(host) and any(ip_address(host) in network for network in networks(names))


def is_local(host: str) -> bool:
    """Return whether a host is this machine itself: a loopback address, or the name of one.

    Examples
    --------
    >>> [is_local(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "localhost.example.cn", "")]
    [True, True, True, False, False, False]
    """
    return host.lower() in LOCAL_NAMES or (is_address(host) and ip_address(host).is_loopback)


def is_straight_from_here(request: Request) -> bool:
    """Return whether a request was made on this machine, to a name of this machine, and by no proxy that shows.

    The name keeps out pages of other sites whose name was made to lead here; simple proxies speak HTTP/1.0.
    """
    peer = request.client.host if request.client else ""
    forwarded = any(name in request.headers for name in FORWARDING) or request.scope.get("http_version") == "1.0"
    return is_local(peer) and is_local(host_name(request.headers.get("host", ""))) and not forwarded


def host_name(header: str) -> str:
    """Return the name in a header Host, without its port.

    Examples
    --------
    >>> [host_name(header) for header in ("localhost:8765", "[::1]:8765", "127.0.0.1", "evil.example:8765")]
    ['localhost', '::1', '127.0.0.1', 'evil.example']
    """
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.partition(":")[0]
