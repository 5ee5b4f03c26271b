"""The API: `uvicorn src.main:app`."""

import os

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from .errors import AllowOnly, add_error_handlers
from .json_route import JsonRoute
from .todos import TodoStore, todo_routes


def normalize_root_path(root_path: str) -> str:
    """`/prod` for `prod`, `/prod/`, `//prod`; empty for none and for `/`."""
    return "".join(f"/{part}" for part in root_path.strip().split("/") if part)


class RootPath:
    """
    Says what prefix paths may have. An HTTP API hands us the path with its stage, a REST API or a function URL
    without; the adapter's readiness check never has one: all are served. uvicorn's own `--root-path` would put the
    prefix in front of a path that has it already.
    """

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        self.app = app
        self.root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app({**scope, "root_path": self.root_path}, receive, send)


def create_app(root_path: str = "", store: TodoStore | None = None) -> FastAPI:
    """
    The API as an ASGI app.

    `root_path` is the prefix in front of every path, such as an API Gateway stage: `/prod`. It stands in
    `/openapi.json` too, so that `/docs` calls the right address.
    """
    # No redirects to paths without a slash at the end: they would lead away from the stage.
    app = FastAPI(title="Todos", redirect_slashes=False)
    app.add_middleware(RootPath, root_path=normalize_root_path(root_path))
    add_error_handlers(app)
    routes = APIRouter(route_class=JsonRoute)

    @routes.head("/health", include_in_schema=False)
    @routes.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    routes.add_route("/health", AllowOnly("GET", "HEAD"), include_in_schema=False)
    app.include_router(routes)
    app.include_router(todo_routes(store or TodoStore()))
    return app


app = create_app(os.environ.get("API_ROOT_PATH", ""))
