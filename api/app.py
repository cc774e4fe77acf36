"""The HTTP service: what is published as pages, data and embeddable maps, and an office's work for those with a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Depends, FastAPI

from api import errors
from api.access import admit
from api.holdings import Holdings
from api.routes import coverage, docs, gaps, grids, health, home, report, staff
from api.routes.common import only_known
from api.settings import Settings
from api.staff import Staff, require_staff
from geogrid import __version__

if TYPE_CHECKING:
    from fastapi import APIRouter

ROUTERS: tuple[APIRouter, ...] = (
    home.router,
    coverage.router,
    report.router,
    docs.router,
    grids.router,
    gaps.router,
    health.router,
)
"""What there always is."""

OFFICE: tuple[APIRouter, ...] = ()
"""What there is besides when a workspace is served."""


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
    app = FastAPI(
        title="geogrid",
        version=__version__,
        dependencies=[Depends(require_staff), Depends(admit), Depends(only_known)],
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.holdings = Holdings.open(settings)
    app.state.staff = None if app.state.holdings.is_office else Staff.open(settings)
    errors.install(app, settings.lang)
    routers = (*ROUTERS, *(OFFICE if app.state.holdings.is_office else ()), *((staff.router,) if app.state.staff else ()))
    for router in routers:
        app.include_router(router)
    app.state.routes = tuple(route for router in routers for route in router.routes)
    return app
