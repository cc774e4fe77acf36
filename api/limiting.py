"""How often somebody may ask: requests by key or address, wrong keys by address. Each process counts for itself."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, cast

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter, RateLimiter, SlidingWindowCounterRateLimiter

from api.errors import TooManyGuessesError
from geogrid.words import Text

if TYPE_CHECKING:
    from starlette.requests import Request

    from api.settings import Settings

TOO_MANY_REQUESTS = Text(
    "请求太多：每分钟最多 {n} 次，请稍后再试", "too many requests: at most {n} a minute; wait, then try again"
)
TOO_MANY_WRONG = Text(
    "错误的密钥太多：每分钟最多 {n} 次，请稍后再试", "too many wrong keys: at most {n} a minute; wait, then try again"
)


@dataclass(frozen=True)
class Rule:
    """One limit: how many a minute, how they are counted, and what is said to who goes beyond.

    The moving window is exact and remembers every moment; the sliding one estimates from two counts.
    """

    item: RateLimitItem
    limiter: RateLimiter
    says: Text

    def take(self, who: str) -> None:
        """Count one.

        Raises
        ------
        TooManyGuessesError
            When it is one too many.
        """
        if not self.limiter.hit(self.item, who):
            raise self._refusal(who)

    def left(self, who: str) -> int:
        """Return how many are left."""
        return self.limiter.get_window_stats(self.item, who).remaining

    def _refusal(self, who: str) -> TooManyGuessesError:
        wait_s = max(1.0, self.limiter.get_window_stats(self.item, who).reset_time - time.time())
        return TooManyGuessesError(self.says.fill(n=self.item.amount), min(wait_s, self.item.get_expiry()))


@dataclass(frozen=True)
class Gate:
    """The limits of one service.

    Attributes
    ----------
    requests : Rule
        By key, or by address for who has none.
    guesses : Rule
        Wrong keys, at the API and at the login, by address: beyond it they are answered 429. Right keys and sessions go on,
        for many people may stand behind one address.
    """

    requests: Rule
    guesses: Rule

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the limits that the settings state; nobody was counted yet."""
        storage = MemoryStorage()
        requests = RateLimitItemPerMinute(settings.requests_per_minute, namespace="requests")
        guesses = RateLimitItemPerMinute(settings.logins_per_minute, namespace="guesses")
        return cls(
            Rule(requests, SlidingWindowCounterRateLimiter(storage), TOO_MANY_REQUESTS),
            Rule(guesses, MovingWindowRateLimiter(storage), TOO_MANY_WRONG),
        )


def gate_of(request: Request) -> Gate:
    """Return the limits of the service that a request came to."""
    return cast("Gate", request.app.state.gate)
