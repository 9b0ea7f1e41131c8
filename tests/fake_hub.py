"""A hub on the loopback interface: the calls that ``huggingface_hub`` makes to push a folder, answered as its API says."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass(slots=True)
class FakeHub:
    """What was pushed: files of the last commit, whether the repository was made private, and the calls in order."""

    url: str = ""
    token: str = "hf_good"
    files: dict[str, bytes] = field(default_factory=dict)
    private: bool | None = None
    calls: list[str] = field(default_factory=list)
    large: dict[str, bytes] = field(default_factory=dict)
    broken: bool = False


@contextmanager
def serving() -> Iterator[FakeHub]:
    """A hub that accepts one token."""
    hub = FakeHub()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def do_PUT(self) -> None:
            self._answer()

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = self.path.partition("?")[0]
            hub.calls.append(f"{self.command} {path}")
            if path.startswith("/store/"):
                hub.large[path.removeprefix("/store/")] = body
                return self._send(200, {})
            if self.headers.get("Authorization") != f"Bearer {hub.token}":
                return self._send(401, {"error": "Invalid user token."})
            if hub.broken and path.endswith("/commit/main"):
                return self._send(403, {"error": "You may not write here"})
            return self._send(200, self._result(path, body))

        def _result(self, path: str, body: bytes) -> Any:
            if path == "/api/whoami-v2":
                return {"name": "someone", "type": "user", "auth": {}}
            if path == "/api/repos/create":
                hub.private = json.loads(body).get("visibility") == "private" or bool(json.loads(body).get("private"))
                return {"url": f"{hub.url}/{json.loads(body).get('organization', 'someone')}/{json.loads(body)['name']}"}
            if path.endswith("/preupload/main"):
                files = json.loads(body)["files"]
                kinds = [(f["path"], "lfs" if f["path"].endswith((".safetensors", ".gguf")) else "regular") for f in files]
                return {"files": [{"path": name, "uploadMode": kind, "shouldIgnore": False} for name, kind in kinds]}
            if path.endswith("/info/lfs/objects/batch"):
                wanted = json.loads(body)["objects"]
                links = [{"upload": {"href": f"{hub.url}/store/{item['oid']}", "header": {}}} for item in wanted]
                return {
                    "transfer": "basic",
                    "objects": [{**item, "actions": link} for item, link in zip(wanted, links, strict=True)],
                }
            if path.endswith("/commit/main"):
                repo = path.removeprefix("/api/models/").removesuffix("/commit/main")
                for line in map(json.loads, body.splitlines()):
                    value = line["value"]
                    if line["key"] == "file":
                        hub.files[value["path"]] = base64.b64decode(value["content"])
                    elif line["key"] == "lfsFile":
                        hub.files[value["path"]] = hub.large[value["oid"]]
                return {"success": True, "commitOid": "0" * 40, "commitUrl": f"{hub.url}/{repo}/commit/{'0' * 40}"}
            if re.fullmatch(r"/api/models/[\w.-]+/[\w.-]+(/revision/\w+)?", path):
                return {"id": "someone/tiny", "modelId": "someone/tiny", "sha": "0" * 40, "private": False, "siblings": []}
            return {}

        def _send(self, status: int, value: Any) -> None:
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            if "error" in value:
                self.send_header("X-Error-Message", value["error"])
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *arguments: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
