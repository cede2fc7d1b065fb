"""A port for a server that must be told its port before it starts."""

from __future__ import annotations

import random
import socket

RANGE = range(20_000, 32_000)
"""Below the ports that the system hands out by itself: nobody's connection takes the port before the server has it."""
_dice = random.SystemRandom()


def free_port() -> int:
    """A port of loopback on which nobody listens now."""
    while True:
        port = _dice.choice(RANGE)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
