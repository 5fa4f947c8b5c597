"""The documents over HTTP, on the loopback address only, with the way to the Dagster UI."""

from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from audit_assets.errors import BadInput
from audit_assets.home import Home

DOCUMENTS = ("index", "cost_model", "risk_register", "slo_proposal", "roadmap")


class _Documents(SimpleHTTPRequestHandler):
    """Serves the artifacts folder; says nothing on the terminal."""

    def log_message(self, format: str, *args: object) -> None:
        """Keep the terminal quiet."""


def document_server(home: Home, port: int) -> ThreadingHTTPServer:
    """A server of the documents on 127.0.0.1. Raises BadInput when there are none yet, or the port is taken."""
    if not (home.artifacts / "index.html").exists():
        raise BadInput(f"{home.artifacts} holds no documents yet; run `assay run --home {home.root}` first")
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), partial(_Documents, directory=str(home.artifacts)))
    except OSError as problem:
        raise BadInput(f"port {port} cannot be used ({problem}); choose another with --port") from problem


def serve_documents(home: Home, audit: Path, port: int, say: Callable[[str], None]) -> None:
    """Serve until interrupted."""
    with document_server(home, port) as server:
        address = f"http://127.0.0.1:{server.server_port}"
        for name in DOCUMENTS:
            say(f"{address}/{name}.html")
        say(f"Dagster UI: make dev AUDIT={audit} HOME_DIR={home.root}")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            say("stopped")
