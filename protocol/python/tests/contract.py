"""The OpenAPI document as the tests read it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema
import yaml

ROOT = Path(__file__).parents[2]
DOCUMENT: dict[str, Any] = yaml.safe_load((ROOT / "openapi.yaml").read_text())

#: operationId → (method, path, operation), of the operations that clients should use
OPERATIONS: dict[str, tuple[str, str, dict[str, Any]]] = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    if method in ("get", "put", "post", "delete", "patch") and not operation.get("deprecated")
}


def resolve(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        target: Any = DOCUMENT
        for key in node["$ref"][2:].split("/"):
            target = target[key]
        node = target
    return node


def parameters(name: str) -> list[dict[str, Any]]:
    _, path, operation = OPERATIONS[name]
    listed = DOCUMENT["paths"][path].get("parameters", []) + operation.get("parameters", [])
    return [resolve(parameter) for parameter in listed]


def validator(schema: dict[str, Any]) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator({**schema, "components": DOCUMENT["components"]})


def snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda match: "_" + match[0].lower(), name)


def path_pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\?\{[^}]+\\?\}", "[^/]+", path) + "$")
