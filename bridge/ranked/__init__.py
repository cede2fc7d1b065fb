"""Stored rankings, read again: what a run said of each cluster, from the numbers that it kept.

Rule: reads only. Steps, pages and commands read a ranking here; only the step bridge.pipeline.rank makes one.
"""

from __future__ import annotations

from bridge.ranked.records import Record, UnreadableRun, amounts_of, inputs, records, snapshots

__all__ = ["Record", "UnreadableRun", "amounts_of", "inputs", "records", "snapshots"]
