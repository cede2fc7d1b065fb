"""Redmine: start reading at ``connector``."""

from connectors.redmine.connector import Redmine

__all__ = ["Redmine"]
