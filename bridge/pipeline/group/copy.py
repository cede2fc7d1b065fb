"""A copy of the vectors of one model on the worker's disk, mapped into memory, so that a run reads only new ones.

One file: a head, then a record for each text: content hash, checksum of its vector, the vector as float16.

Rule: a cache, never the truth. A record serves only where its hash and its checksum are the database's and its vector
has that checksum; what is missing is read from the database. Records that no live ticket needs are blanked, so that
what was erased does not stay here; deleting the file at any time costs one slower run.
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from io import FileIO
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.analysis.embedding import Vectors

logger = logging.getLogger(__name__)
_MAGIC = b"bridge-vectors-1"
_HEAD = len(_MAGIC) + 4
"""Bytes before the first record: the make of the file, the length of a vector."""
_KEY = np.dtype([("hash", "V32"), ("crc", "<u4")])
_BLOCK = 4096
"""Records that are read, written or converted at a time."""

Fetch = Callable[[Sequence[str]], Mapping[str, bytes]]
"""Content hashes -> sound packed vectors of the database; damaged ones are left out."""
Rows = NDArray[np.int64]


class Wanted(NamedTuple):
    """A live ticket with a vector, as the database knows it. ``content_hash``: 64 hexadecimal digits."""

    ticket: int
    content_hash: str
    crc: int


def vector_file(folder: Path, model: str) -> Path:
    return folder / f"{re.sub(r'[^-.@A-Za-z0-9]', '_', model)}.vectors"


def unit_rows(wanted: Sequence[Wanted], fetch: Fetch, path: Path | None) -> tuple[list[int], Vectors]:
    """(tickets, their unit rows, shape (n, d), in the order asked for) of all whose vector is sound.

    ``path``: the copy, which is brought up to date; None, a copy that another process is writing, and a disk that is
    full: everything comes from the database.
    """
    if not wanted:
        return [], np.empty((0, 0), dtype=np.float32)
    if path is not None:
        try:
            return _by_copy(wanted, fetch, path)
        except OSError as error:
            logger.warning("%s cannot be used (%s): vectors are read from the database", path, error)
    return _by_database(wanted, fetch)


def _by_database(wanted: Sequence[Wanted], fetch: Fetch) -> tuple[list[int], Vectors]:
    found: dict[str, bytes] = {}
    for hashes in _blocks(sorted({w.content_hash for w in wanted})):
        found.update(fetch(hashes))
    here = [w for w in wanted if w.content_hash in found]
    if not here:
        return [], np.empty((0, 0), dtype=np.float32)
    packed = b"".join(found[w.content_hash] for w in here)
    return [w.ticket for w in here], _unit(np.frombuffer(packed, dtype="<f2").reshape(len(here), -1))


def _by_copy(wanted: Sequence[Wanted], fetch: Fetch, path: Path) -> tuple[list[int], Vectors]:
    asked = np.array([(bytes.fromhex(w.content_hash), w.crc) for w in wanted], dtype=_KEY)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        copy = _Copy(file)
        place = copy.keep_only(copy.find(asked))
        missing = np.flatnonzero(place < 0)
        for hashes in _blocks(sorted({wanted[row].content_hash for row in missing.tolist()})):
            copy.add(fetch(hashes))
        copy.map()
        place[missing] = copy.find(asked[missing])
        sound = np.flatnonzero(place >= 0)
        return [wanted[row].ticket for row in sound.tolist()], _unit(copy.records["vector"], place[sound])


def _blocks(hashes: Sequence[str]) -> list[Sequence[str]]:
    return [hashes[start : start + _BLOCK] for start in range(0, len(hashes), _BLOCK)]


def _unit(vectors: NDArray[np.float16], rows: Rows | None = None) -> Vectors:
    """Some rows, or all, as float32 of length 1; by blocks, so that no second copy of all of them is made."""
    count = len(vectors) if rows is None else len(rows)
    unit = np.empty((count, vectors.shape[1]), dtype=np.float32)
    for start in range(0, count, _BLOCK):
        part = slice(start, start + _BLOCK)
        unit[part] = vectors[part if rows is None else rows[part]]
        unit[part] /= np.maximum(np.linalg.norm(unit[part], axis=1, keepdims=True), 1e-9)
    return unit


class _Copy:
    """The file, locked and open. ``records`` are mapped; what is added is among them after ``map``."""

    def __init__(self, file: FileIO) -> None:
        self._file = file
        self.map()

    def map(self) -> None:
        """A record that was half written when the power went is cut off, a file of another make is emptied."""
        size = self._file.seek(0, os.SEEK_END)
        self._file.seek(0)
        head = self._file.read(_HEAD)
        dim = int.from_bytes(head[len(_MAGIC) :], "little") if head.startswith(_MAGIC) and len(head) == _HEAD else 0
        self._dtype = np.dtype([*_KEY.descr, ("vector", "<f2", (dim,))])
        count = (size - _HEAD) // self._dtype.itemsize if dim else 0
        self._file.truncate(_HEAD + count * self._dtype.itemsize if dim else 0)
        self.records = (
            np.memmap(self._file, dtype=self._dtype, mode="r+", offset=_HEAD, shape=(count,))
            if count
            else np.empty(0, dtype=self._dtype)
        )

    def find(self, asked: NDArray[np.void]) -> Rows:
        """The record of each key, if its vector has the checksum, else -1."""
        place = np.full(len(asked), -1, dtype=np.int64)
        if not len(self.records):
            return place
        names = _sortable(self.records["hash"])
        order = np.argsort(names, kind="stable")
        near = order[np.minimum(np.searchsorted(names, _sortable(asked["hash"]), sorter=order), len(order) - 1)]
        for start in range(0, len(near), _BLOCK):
            part = slice(start, start + _BLOCK)
            some, keys = self.records[near[part]], asked[part]
            sums = np.array([zlib.crc32(vector) for vector in some["vector"]], dtype="<u4")
            good = (some["hash"] == keys["hash"]) & (some["crc"] == keys["crc"]) & (sums == keys["crc"])
            place[part] = np.where(good, near[part], -1)
        return place

    def keep_only(self, place: Rows) -> Rows:
        """Blank all records but these; a file that is blank for the most part begins anew. The places that are left."""
        needless = np.ones(len(self.records), dtype=bool)
        needless[place[place >= 0]] = False
        if 2 * needless.sum() > len(needless):
            self._file.truncate(0)
            self.map()
            return np.full_like(place, -1)
        self.records[needless] = np.zeros(1, dtype=self._dtype)
        return place

    def add(self, found: Mapping[str, bytes]) -> None:
        """Write them behind the others. Raises OSError."""
        if not found:
            return
        if not self._file.seek(0, os.SEEK_END):
            self._file.write(_MAGIC + (len(next(iter(found.values()))) // 2).to_bytes(_HEAD - len(_MAGIC), "little"))
        packed = ((bytes.fromhex(name), zlib.crc32(data).to_bytes(4, "little"), data) for name, data in found.items())
        whole = memoryview(b"".join(chain.from_iterable(packed)))
        while whole:
            whole = whole[self._file.write(whole) :]


def _sortable(hashes: NDArray[np.void]) -> NDArray[np.bytes_]:
    return np.ascontiguousarray(hashes).view("S32")
