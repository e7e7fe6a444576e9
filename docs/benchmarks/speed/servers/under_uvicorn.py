"""How the peers' applications run: under uvicorn, without its log of every request.

As `uvicorn[standard]` brings it, on uvloop and httptools; where the last argument is `plain` as `uvicorn` alone does, on
asyncio and h11.
"""

from __future__ import annotations

import socket
import sys
from typing import Any

import uvicorn


def run(app: Any) -> None:
    listening = socket.socket(fileno=int(sys.argv[1]))
    ways = ("asyncio", "h11") if sys.argv[-1] == "plain" else ("uvloop", "httptools")
    config = uvicorn.Config(app, loop=ways[0], http=ways[1], log_level="warning", access_log=False)
    # Connections are kept while others have their turn.
    config.timeout_keep_alive = 3600
    uvicorn.Server(config).run([listening])
