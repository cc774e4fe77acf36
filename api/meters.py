"""What the service counts for those who run it, in the format of Prometheus. Nothing of it names a person, place or caller."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

if TYPE_CHECKING:
    from collections.abc import Mapping

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


def _registry() -> CollectorRegistry:
    return CollectorRegistry()


@dataclass(frozen=True)
class Meters:
    """The counts of one process; ``pid`` tells several apart.

    Examples
    --------
    >>> meters = Meters()
    >>> meters.count({"method": "GET", "route": "/health", "status": 200}, 0.002)
    >>> b'geogrid_requests_total{method="GET",route="/health",status="200"} 1.0' in meters.text({"waiting": 2})
    True
    """

    registry: CollectorRegistry = field(default_factory=_registry)
    requests: Counter = field(init=False)
    seconds: Histogram = field(init=False)
    shed: Counter = field(init=False)
    jobs: Gauge = field(init=False)

    def __post_init__(self) -> None:
        made = {
            "requests": Counter(
                "geogrid_requests", "Requests by address pattern", ("method", "route", "status"), registry=self.registry
            ),
            "seconds": Histogram(
                "geogrid_request_seconds", "Seconds of a request", ("route",), registry=self.registry, buckets=SECONDS
            ),
            "shed": Counter("geogrid_shed", "Requests refused because there were too many", registry=self.registry),
            "jobs": Gauge("geogrid_jobs", "Jobs by status", ("status",), registry=self.registry),
        }
        for name, meter in made.items():
            object.__setattr__(self, name, meter)
        Gauge("geogrid_process", "The process that counts", ("pid",), registry=self.registry).labels(str(os.getpid())).set(1)

    def count(self, told: Mapping[str, object], seconds: float) -> None:
        """Count one request."""
        self.requests.labels(**{name: str(value) for name, value in told.items()}).inc()
        self.seconds.labels(str(told["route"])).observe(seconds)

    def text(self, jobs: Mapping[str, int]) -> bytes:
        """Return everything counted so far, and how many jobs there are by status."""
        self.jobs.clear()
        for status, number in jobs.items():
            self.jobs.labels(status).set(number)
        return generate_latest(self.registry)
