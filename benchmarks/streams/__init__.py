"""Streams of labelled tickets as they really are: long-tailed, wrapped as mail, mistyped, growing, with new topics.

Rule: pure and seeded. The same arguments give the same tickets, in any process.
"""

from benchmarks.streams.making import Item, stream
from benchmarks.streams.sets import SETS, Text, load_set, others_of

__all__ = ["SETS", "Item", "Text", "load_set", "others_of", "stream"]
