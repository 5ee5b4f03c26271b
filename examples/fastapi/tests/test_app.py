"""What a client over HTTP does not see or cannot provoke; the rest is tested on the image."""

import json

import pytest
from fastapi.testclient import TestClient
from src.main import create_app, normalize_root_path
from src.todos import TodoStore


@pytest.mark.parametrize(
    ("given", "expected"),
    [("", ""), ("/", ""), ("prod", "/prod"), ("/prod", "/prod"), (" //prod// ", "/prod"), ("/api/prod/", "/api/prod")],
)
def test_root_path(given: str, expected: str) -> None:
    assert normalize_root_path(given) == expected


def test_a_prefix_is_text_and_not_a_pattern() -> None:
    client = TestClient(create_app("/{stage}"))
    assert client.get("/%7Bstage%7D/health").status_code == 200
    assert client.get("/x/health").status_code == 404


@pytest.mark.parametrize("path", ["/openapi.json", "/prod/openapi.json"])
def test_the_documentation_calls_the_stage(path: str) -> None:
    described = TestClient(create_app("/prod")).get(path).json()
    assert described["servers"] == [{"url": "/prod"}]
    assert [*described["paths"]] == ["/health", "/todos", "/todos/{id}"]


def test_an_unexpected_error_tells_the_client_nothing_and_the_log_everything(
    capsys: pytest.CaptureFixture[str],
) -> None:
    class BrokenStore(TodoStore):
        def list(self) -> list:
            raise RuntimeError("the database password is hunter2")

    answer = TestClient(create_app(store=BrokenStore())).get("/todos")
    assert (answer.status_code, answer.json()) == (
        500,
        {"error": {"status": 500, "message": "Internal server error"}},
    )
    (line,) = capsys.readouterr().err.splitlines()
    entry = json.loads(line)
    assert (entry["level"], entry["method"], entry["path"]) == ("error", "GET", "/todos")
    assert "hunter2" in entry["cause"] and "Traceback" in entry["cause"]


def test_a_body_in_parts_is_counted_as_it_comes() -> None:
    taken = 0

    def parts():
        nonlocal taken
        for _ in range(100):
            taken += 1
            yield b"x" * 10_240

    client = TestClient(create_app())
    answer = client.post("/todos", content=parts(), headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert answer.json() == {"error": {"status": 413, "message": "The request body is too large"}}


@pytest.mark.parametrize("body", [b'{"title":"\\ud800"}', b'{"\\ud800":1}', b'{"title":"\xff"}', b"[" * 10_000])
def test_what_python_would_take_for_json_and_is_none(body: bytes) -> None:
    answer = TestClient(create_app()).post("/todos", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "The request body is not valid JSON"


@pytest.mark.parametrize("kind", ["application/jsonp", "application/vnd.api+json", "", "text/json"])
def test_only_json_is_json(kind: str) -> None:
    answer = TestClient(create_app()).post("/todos", content=b'{"title":"a"}', headers={"content-type": kind})
    assert answer.status_code == 415


def test_json_may_name_its_character_set() -> None:
    answer = TestClient(create_app()).post(
        "/todos", content=b'{"title":"a"}', headers={"content-type": "Application/JSON; charset=UTF-8"}
    )
    assert answer.status_code == 201
