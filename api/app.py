"""The HTTP service: what is published as pages, data and embeddable maps, and an office's work for those with a key."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import Depends
from starlette.concurrency import run_in_threadpool

from api import errors
from api.access import admit
from api.basemap import Tianditu, basemap_of
from api.described import DescribedApp
from api.guard import Guard
from api.holdings import Holdings
from api.limiting import Gate
from api.meters import Meters
from api.ogc.features import Features
from api.queue.runner import Runner
from api.routes import (
    audit,
    basemap,
    boards,
    checks,
    collections,
    coverage,
    docs,
    embeds,
    embedtokens,
    explain,
    exports,
    gaps,
    gridpages,
    grids,
    health,
    history,
    home,
    households,
    imports,
    jobs,
    keys,
    login,
    me,
    officestaff,
    planner,
    plans,
    proposals,
    publications,
    report,
    reports,
    snippets,
    staff,
    tilemaps,
    tiles,
    uploads,
    whatifs,
)
from api.routes.common import only_known
from api.routing import lay
from api.settings import Settings
from api.staff import Staff, require_staff
from api.tilesets import TileSets
from api.uploads import Intake
from geogrid import __version__

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import APIRouter, FastAPI

ROUTERS: tuple[APIRouter, ...] = (
    home.router,
    coverage.router,
    embeds.router,
    gridpages.router,
    report.router,
    docs.router,
    grids.router,
    gaps.router,
    health.router,
    tiles.router,
    collections.router,
    basemap.router,
    tilemaps.router,
)
"""What there always is."""

OFFICE: tuple[APIRouter, ...] = (
    login.router,
    me.router,
    keys.router,
    audit.router,
    tilemaps.office,
    plans.router,
    boards.router,
    planner.router,
    explain.router,
    history.router,
    officestaff.router,
    reports.router,
    whatifs.router,
    jobs.router,
    checks.router,
    proposals.router,
    exports.router,
    publications.router,
    snippets.router,
    embedtokens.router,
    uploads.router,
    imports.router,
    households.router,
)
"""What there is besides when a workspace is served."""


@asynccontextmanager
async def _at_work(app: FastAPI) -> AsyncIterator[None]:
    """Look after the queue of jobs as long as the service runs; a service that never starts, as in a test, does none."""
    app.state.runner.start()
    try:
        yield
    finally:
        await run_in_threadpool(app.state.runner.stop)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Make the service of one check's folder, or of a workspace.

    Parameters
    ----------
    settings : Settings, optional
        From the environment when not given.

    Returns
    -------
    FastAPI
        Of a folder everything public was read when it was made, from the public files of ``settings.folder``. Without a token for
        the staff in the settings nothing private was opened, and there are no addresses for staff.

    Raises
    ------
    InputError, StoreError
        If the folder holds no report that can be read or, for staff, no town that can be opened; if the workspace cannot be.
    """
    settings = settings or Settings()
    app = DescribedApp(
        title="geogrid",
        version=__version__,
        dependencies=[Depends(require_staff), Depends(admit), Depends(only_known)],
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_at_work,
    )
    app.state.holdings = Holdings.open(settings)
    app.state.features = Features()
    app.state.meters = Meters()
    app.state.intake = Intake()
    app.state.gate = Gate.of(settings)
    app.state.tile_sets = TileSets.of(app.state.holdings)
    app.state.basemap = basemap_of(settings)
    app.state.tianditu = Tianditu.of(settings, app.state.tile_sets.cache)
    app.state.runner = Runner(app.state.holdings)
    app.state.staff = None if app.state.holdings.is_office else Staff.open(settings)
    app.add_middleware(Guard, settings=settings, meters=app.state.meters)
    errors.install(app, settings.lang)
    routers = (*ROUTERS, *(OFFICE if app.state.holdings.is_office else ()), *((staff.router,) if app.state.staff else ()))
    app.state.routes = lay(app, routers)
    return app
