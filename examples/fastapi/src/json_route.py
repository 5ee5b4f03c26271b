"""How this API reads a request: JSON only, at most 100 kB; and how it logs what is its own fault."""

import json
import sys
import traceback
from collections.abc import Callable, Coroutine
from email.message import Message
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic_core import from_json
from starlette.exceptions import HTTPException

from .errors import HttpError, path_of

LIMIT = 100 * 1024


class JsonRequest(Request):
    """A request whose body is refused before it is read where it is no JSON or too large."""

    async def body(self) -> bytes:
        """Raises a 415 or 413."""
        if not hasattr(self, "_body"):
            self._body = await self._read()
        return self._body

    async def _read(self) -> bytes:
        length = self.headers.get("content-length")
        if length is None and "transfer-encoding" not in self.headers:
            return b""
        self._require_json()
        if int(length or 0) > LIMIT:
            raise HttpError(413, "The request body is too large")
        parts, size = [], 0
        async for part in self.stream():
            size += len(part)
            if size > LIMIT:
                raise HttpError(413, "The request body is too large")
            parts.append(part)
        # A body of no bytes that was sent as JSON is an object without fields.
        return b"".join(parts) or b"{}"

    def _require_json(self) -> None:
        media = Message()
        media["content-type"] = self.headers.get("content-type", "")
        if "content-type" not in self.headers or media.get_content_type() != "application/json":
            raise HttpError(415, "The request body must be application/json")
        encoding = self.headers.get("content-encoding", "identity").lower()
        if encoding != "identity" or media.get_content_charset("utf-8") != "utf-8":
            raise HttpError(415, "The encoding or character set of the request body is not supported")

    async def json(self) -> Any:
        """Raises a 400 where the body is neither an object nor a list."""
        try:
            # Stricter than Python's own: no NaN, no half of a surrogate pair, no bottomless nesting.
            value = from_json(await self.body(), allow_inf_nan=False)
        except ValueError:
            value = None
        if not isinstance(value, dict | list):
            raise HttpError(400, "The request body is not valid JSON")
        return value


class JsonRoute(APIRoute):
    """A route that reads bodies as JsonRequest does and answers 500 for what nobody expected."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await handle(JsonRequest(request.scope, request.receive))
            except (HTTPException, RequestValidationError):
                raise
            except Exception as error:
                log(request, error)
                raise HttpError(500, "Internal server error") from None

        return handler


def log(request: Request, error: Exception) -> None:
    """One JSON line: CloudWatch makes one event of each line, so a bare traceback would be torn apart."""
    cause = "".join(traceback.format_exception(error))
    entry = {"level": "error", "method": request.method, "path": path_of(request.scope), "cause": cause}
    print(json.dumps(entry), file=sys.stderr, flush=True)
