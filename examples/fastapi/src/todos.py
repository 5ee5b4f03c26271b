"""The todos and the routes below `/todos`."""

from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import unquote
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints, model_validator

from .errors import AllowOnly, HttpError, path_of
from .json_route import JsonRoute

Title = Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=200)]


class Fields(BaseModel):
    """What every body obeys: no fields but those that are named."""

    model_config = ConfigDict(extra="forbid")


class NewTodo(Fields):
    title: Title
    completed: StrictBool = False


class FullTodo(Fields):
    title: Title
    completed: StrictBool


class PartialTodo(Fields):
    # Absent is fine and null is not: the default is never checked.
    title: Title = Field(default=None)  # type: ignore[assignment]
    completed: StrictBool = Field(default=None)  # type: ignore[assignment]

    @model_validator(mode="after")
    def _one_at_least(self) -> "PartialTodo":
        if not self.model_fields_set:
            raise ValueError("At least one of title and completed is needed")
        return self


class Todo(BaseModel):
    """A todo as clients see it; the times are ISO 8601 in UTC."""

    id: str
    title: str
    completed: bool
    createdAt: str
    updatedAt: str


class TodoStore:
    """
    The todos of this process, in the order they were made. Lambda starts and stops instances as it likes and each
    has its own memory: a real API puts a database behind these five methods.
    """

    def __init__(self) -> None:
        self._todos: dict[str, Todo] = {}

    def list(self) -> list[Todo]:
        """All todos, oldest first."""
        return [*self._todos.values()]

    def get(self, id: str) -> Todo:
        """The todo with this id. Raises a 404 where there is none."""
        if id not in self._todos:
            raise HttpError(404, f"There is no todo {id}")
        return self._todos[id]

    def create(self, values: NewTodo) -> Todo:
        """Adds a todo under an id of its own."""
        at = _now()
        todo = Todo(id=str(uuid4()), **values.model_dump(), createdAt=at, updatedAt=at)
        self._todos[todo.id] = todo
        return todo

    def update(self, id: str, changes: FullTodo | PartialTodo) -> Todo:
        """Changes the given values of a todo, and only those. Raises a 404 where there is none."""
        values = {**changes.model_dump(exclude_unset=True), "updatedAt": _now()}
        self._todos[id] = self.get(id).model_copy(update=values)
        return self._todos[id]

    def delete(self, id: str) -> None:
        """Removes a todo. Raises a 404 where there is none."""
        self.get(id)
        del self._todos[id]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def todo_routes(store: TodoStore) -> APIRouter:
    """The routes below `/todos`."""
    routes = APIRouter(prefix="/todos", route_class=JsonRoute, tags=["todos"])

    def known(request: Request) -> Todo:
        # A dependency, since those come before the body is validated: an unknown id is a 404 whatever was sent.
        try:
            id = unquote(path_of(request.scope).rsplit("/", 1)[-1], errors="strict")
        except UnicodeDecodeError:
            raise HttpError(400, "The request cannot be read") from None
        return store.get(id)

    Known = Annotated[Todo, Depends(known)]

    @routes.head("", include_in_schema=False)
    @routes.get("")
    async def list_todos() -> list[Todo]:
        return store.list()

    @routes.post("", status_code=201)
    async def create_todo(values: NewTodo, request: Request, response: Response) -> Todo:
        todo = store.create(values)
        # As asked for: with the stage prefix where the request came with one.
        response.headers["location"] = f"{path_of(request.scope)}/{todo.id}"
        return todo

    @routes.head("/{id}", include_in_schema=False)
    @routes.get("/{id}")
    async def get_todo(todo: Known) -> Todo:
        return todo

    @routes.put("/{id}")
    async def replace_todo(todo: Known, values: FullTodo) -> Todo:
        return store.update(todo.id, values)

    @routes.patch("/{id}")
    async def change_todo(todo: Known, values: PartialTodo) -> Todo:
        return store.update(todo.id, values)

    @routes.delete("/{id}", status_code=204)
    async def delete_todo(todo: Known) -> None:
        store.delete(todo.id)

    everything_else: list[tuple[str, Any]] = [
        ("/todos", AllowOnly("GET", "HEAD", "POST")),
        ("/todos/{id}", AllowOnly("GET", "HEAD", "PUT", "PATCH", "DELETE")),
    ]
    for path, answer in everything_else:
        routes.add_route(path, answer, include_in_schema=False)
    return routes
