"""Errors as clients see them: `{"error": {"status", "message", "problems"?}}` for every answer of 400 and above."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

# The texts for what FastAPI itself refuses; its own texts name internals.
CLIENT_ERRORS = {400: "The request cannot be read"}

# The texts for pydantic's kinds of error; its own are made for programmers.
PROBLEMS = {
    "missing": "Is required",
    "string_type": "Must be a string",
    "string_unicode": "Must be a string",
    "bool_type": "Must be a boolean",
    "string_too_short": "Must not be empty",
    "extra_forbidden": "Unknown field",
}


class HttpError(HTTPException):
    """An error whose status and text are meant for the client. Anything else that is raised answers 500."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        problems: list[dict[str, str | None]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, message, headers)
        self.problems = problems or []


def validation_error(error: RequestValidationError) -> HttpError:
    """A failed validation as a 400 that lists each field."""
    errors = error.errors()
    if any(not one["loc"][1:] and one["type"] != "value_error" for one in errors):
        return HttpError(400, "The request body must be a JSON object")
    return HttpError(400, "The request body is not valid", problems=[_problem(one) for one in errors])


def _problem(error: Mapping[str, Any]) -> dict[str, str | None]:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "string_too_long":
        message = f"Must have at most {context['max_length']} characters"
    elif kind == "value_error":
        message = str(context["error"])
    else:
        message = PROBLEMS.get(kind, error["msg"])
    # The first part of the place is "body".
    return {"field": ".".join(map(str, error["loc"][1:])) or None, "message": message}


class AllowOnly:
    """The last route of a path, for all methods: answers 405, and OPTIONS with 204, both with `Allow`."""

    def __init__(self, *methods: str) -> None:
        self.allow = ", ".join([*methods, "OPTIONS"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method, headers = scope["method"], {"Allow": self.allow}
        if method != "OPTIONS":
            raise HttpError(405, f"{method} is not allowed here, only {self.allow}", headers=headers)
        await Response(status_code=204, headers=headers)(scope, receive, send)


def path_of(scope: Scope) -> str:
    """The path as it was asked for, not decoded."""
    raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    return raw.decode("ascii", "replace")


def answer(error: HttpError) -> JSONResponse:
    """The answer that tells the client about `error`."""
    body: dict[str, Any] = {"status": error.status_code, "message": error.detail}
    if error.problems:
        body["problems"] = error.problems
    return JSONResponse({"error": body}, error.status_code, headers=dict(error.headers or {}))


def add_error_handlers(app: FastAPI) -> None:
    """Turns what is raised into JSON, Starlette's own 404 included."""

    @app.exception_handler(HTTPException)
    async def _(request: Request, error: HTTPException) -> Response:
        if isinstance(error, HttpError):
            return answer(error)
        if error.status_code == 404:
            return answer(HttpError(404, f"There is no {path_of(request.scope)}"))
        return answer(HttpError(error.status_code, CLIENT_ERRORS.get(error.status_code, error.detail)))

    @app.exception_handler(RequestValidationError)
    async def _(_request: Request, error: RequestValidationError) -> Response:
        return answer(validation_error(error))
