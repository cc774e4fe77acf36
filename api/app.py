"""The HTTP service: a published report as pages, data and an embeddable map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Depends, FastAPI

from api import errors
from api.routes import coverage, docs, gaps, grids, health, home, report, staff
from api.routes.common import only_known
from api.settings import Settings
from api.source import Source
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


def create_app(settings: Settings | None = None) -> FastAPI:
    """Make the service of one check's folder.

    Parameters
    ----------
    settings : Settings, optional
        From the environment when not given.

    Returns
    -------
    FastAPI
        Everything public was read when it was made, from the public files of ``settings.folder``. Without a token for the staff
        in the settings nothing private was opened, and there are no addresses for staff.

    Raises
    ------
    InputError
        If the folder holds no report that can be read or, for staff, no town that can be opened.
    """
    settings = settings or Settings()
    app = FastAPI(
        title="geogrid",
        version=__version__,
        dependencies=[Depends(require_staff), Depends(only_known)],
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.source = Source.open(settings)
    app.state.staff = Staff.open(settings)
    errors.install(app, settings.lang)
    for router in (*ROUTERS, *((staff.router,) if app.state.staff else ())):
        app.include_router(router)
    return app
