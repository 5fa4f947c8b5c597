"""Emulators of services that cannot be installed: they speak the protocol over HTTP on the loopback interface, and misbehave when told.

They show that Assay keeps to the documented protocol. They are not the services.
"""

import json
import random
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Parameters = dict[str, str]
FAULTS = ("429", "429-silent", "500", "503", "reset", "cut", "slow")
RETRY_AFTER = 0.15  # seconds


@dataclass
class Emulator:
    """What is asked, and how it goes wrong: `faults` is the share of requests that do, by `seed`."""

    answer: Callable[[str, Parameters], tuple[int, Any]]
    faults: float = 0.0
    seed: int = 7
    refuse_from: int | None = None  # number of the first request that gets no good answer any more
    asked: list[tuple[str, Parameters, dict[str, str]]] = field(default_factory=list)
    held_until: float = 0.0
    too_early: int = 0
    suffered: set[str] = field(default_factory=set)
    url: str = ""

    def fault(self) -> str | None:
        if self.refuse_from is not None and len(self.asked) >= self.refuse_from:
            return "500"
        rng = random.Random(f"{self.seed}-{len(self.asked)}")
        chosen = rng.choice(FAULTS) if rng.random() < self.faults else None
        self.suffered |= {chosen} if chosen else set()
        return chosen


class _Handler(BaseHTTPRequestHandler):
    emulator: Emulator
    protocol_version = "HTTP/1.1"  # connections stay open between requests
    disable_nagle_algorithm = True
    guard = threading.Lock()

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        parameters = {name: values[0] for name, values in parse_qs(parts.query).items()}
        with self.guard:
            now = time.time()
            self.emulator.too_early += now < self.emulator.held_until
            self.emulator.asked.append((parts.path, parameters, dict(self.headers)))
            fault = self.emulator.fault()
            if fault == "429":
                self.emulator.held_until = now + RETRY_AFTER
            refused = fault in ("429", "429-silent", "500", "503")
            status, content = (int(str(fault)[:3]), {}) if refused else self.emulator.answer(parts.path, parameters)
        self._send(status, json.dumps(content).encode(), fault)

    def _send(self, status: int, body: bytes, fault: str | None) -> None:
        if fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if fault == "429":
            self.send_header("Retry-After", str(RETRY_AFTER))
        self.end_headers()
        half = len(body) // 2
        self.wfile.write(body[:half])
        if fault == "slow":
            time.sleep(0.05)
        if fault == "cut":
            self.close_connection = True
        else:
            self.wfile.write(body[half:])

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def running(emulator: Emulator) -> Iterator[Emulator]:
    """Serve an emulator on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"emulator": emulator}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    emulator.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield emulator
    finally:
        server.shutdown()
        server.server_close()
