"""Request Tracker 5: start reading at ``connector``."""

from connectors.request_tracker.connector import RequestTracker

__all__ = ["RequestTracker"]
