"""The imaginary customers and what they wrote: accounts, issues, tickets, messages, vectors."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlmodel import SQLModel

from benchmarks import crowd_words as words
from bridge.analysis.embedding import BUNDLED_DIM, pack
from bridge.store.accounts import Account, AccountDomain, AccountExternalId
from bridge.store.clusters import Membership
from bridge.store.tickets import Message, Ticket, TicketEvent
from bridge.store.vectors import Vector

Rows = Iterable[Mapping[str, Any]]
Tables = Iterable[tuple[type[SQLModel], Rows]]
Numbers = NDArray[np.int64]
GROUPS = ("tier-1", "tier-2", "billing", "partner-north", "partner-south")
SPREAD = 0.7
"""Length of what differs between two tickets of one issue, against what they share."""


@dataclass(frozen=True)
class Size:
    tickets: int = 100_000
    clusters: int = 5_000
    accounts: int = 20_000

    @property
    def tombstones(self) -> int:
        return self.clusters // 25

    @property
    def planned(self) -> int:
        return self.clusters * 3 // 10


@dataclass(frozen=True)
class Crowd:
    """Row i of the arrays is ticket i + 1; tickets are in the order of their creation, ids begin with 1.

    ``account`` 0: nobody knows the requester. ``days``: age of the ticket at ``at``.
    """

    size: Size
    rng: np.random.Generator
    at: datetime
    cluster: Numbers
    account: Numbers
    days: NDArray[np.float64]
    status: list[str]
    planned: Numbers
    """Issues with a plan: the largest, and others by chance."""

    @property
    def published(self) -> Numbers:
        return self.planned[: len(self.planned) * 2 // 3]

    def created(self, row: int) -> datetime:
        return self.at - timedelta(days=float(self.days[row]))


def sizes(size: Size) -> Numbers:
    """Tickets of each issue, the largest first: about one in fifty tickets is in it (Zipf with a flattened head)."""
    weights = 1 / (np.arange(1, size.clusters + 1) + 6.7)
    counts = np.maximum(1, np.floor(size.tickets * weights / weights.sum())).astype(np.int64)
    over = size.tickets - int(counts.sum())
    spread = np.bincount(np.arange(abs(over)) % max(1, size.clusters // 2), minlength=size.clusters)
    return np.maximum(1, counts + np.sign(over) * spread)


def draw(size: Size, rng: np.random.Generator, at: datetime) -> Crowd:
    """Who wrote when about what."""
    counts = sizes(size)
    ids = rng.permutation(size.clusters) + 1
    cluster = np.repeat(ids, counts)
    account = np.concatenate([_accounts(int(n), size.accounts, rng) for n in counts])
    account[rng.random(len(account)) < 0.04] = 0
    born = np.minimum(400, 3 + rng.exponential(120, size.clusters))
    days = np.repeat(born, counts) * rng.beta(1.0, 1.6, len(cluster))
    order = np.argsort(-days, kind="stable")
    closed = rng.random(len(cluster)) < np.where(days > 45, 0.85, 0.4)
    open_words = rng.choice(["new", "open", "pending", "hold"], len(cluster), p=[0.1, 0.5, 0.3, 0.1])
    status = np.where(closed, rng.choice(["solved", "closed"], len(cluster)), open_words)
    words_in_order = [str(word) for word in status[order]]
    return Crowd(size, rng, at, cluster[order], account[order], days[order], words_in_order, _planned(size, ids, rng))


def _planned(size: Size, ids: Numbers, rng: np.random.Generator) -> Numbers:
    head = size.planned // 2
    return np.concatenate([ids[:head], rng.permutation(ids[head:])[: size.planned - head]])


def _accounts(n: int, accounts: int, rng: np.random.Generator) -> Numbers:
    """Accounts of an issue's tickets: 500 wrote 2,000 of them, two wrote three."""
    distinct = min(accounts, max(1, round(n**0.82)))
    own = rng.choice(accounts, distinct, replace=False) + 1
    return np.concatenate([own, rng.choice(own, n - distinct)])


def account_rows(crowd: Crowd) -> Tables:
    names = [words.company(i) for i in range(crowd.size.accounts)]
    yield Account, _accounts_whole(crowd, names)
    yield AccountDomain, ({"domain": domain(i), "account_id": i} for i in range(1, len(names) + 1))
    yield AccountExternalId, ({"external_id": f"crm:{1000 + i}", "account_id": i} for i in range(1, len(names) + 1))


def domain(account: int) -> str:
    return f"{words.company(account - 1).lower().replace(' ', '-')}.example"


def _accounts_whole(crowd: Crowd, names: list[str]) -> Iterator[dict[str, Any]]:
    """By value: 3 in 100 strategic, 17 mid-market, 65 self-serve, of 15 nobody knows it."""
    rng = crowd.rng
    kind = rng.choice(4, len(names), p=[0.03, 0.17, 0.65, 0.15])
    arr = (
        np.choose(kind, [1, 1, 1, 0]) * np.choose(kind, [250_000, 50_000, 6_000, 0]) * rng.uniform(0.4, 2.0, len(names))
    )
    renewal = rng.integers(5, 700, len(names))
    for i, name in enumerate(names):
        known = kind[i] != 3
        yield {
            "id": i + 1,
            "name": name,
            "arr": round(float(arr[i]), 2) if known else None,
            "currency": "EUR" if known else None,
            "margin": 0.8 if known else None,
            "risk_band": ("low", "normal", "elevated", "high")[i % 4],
            "renewal_date": (crowd.at + timedelta(days=int(renewal[i]))).date(),
            "region": ("north", "south", "overseas")[i % 3],
            "languages": ["en"],
            "strategic_uplift": 0.0,
            "lifecycle": "active",
            "source": "crm.csv",
            "as_of": crowd.at - timedelta(days=1),
        }


def cluster_rows(crowd: Crowd) -> Iterator[dict[str, Any]]:
    """Living ones, then tombstones that redirect to them."""
    last, published = crowd.size.clusters + crowd.size.tombstones, set(crowd.published.tolist())
    for id_ in range(1, last + 1):
        title = words.title(id_ - 1)
        yield {
            "id": id_,
            "uid": f"{id_:016x}",
            "title": title,
            "title_by": "model",
            "phrases": title.lower().split()[:3],
            "created_at": crowd.at - timedelta(days=400 - id_ % 300),
            "merged_into": id_ - crowd.size.clusters if id_ > crowd.size.clusters else None,
            "approved_at": crowd.at - timedelta(days=10 + id_ % 60) if id_ in published else None,
            "approved_by": words.PEOPLE[id_ % len(words.PEOPLE)] if id_ in published else None,
        }


def ticket_rows(crowd: Crowd) -> Tables:
    yield Ticket, _tickets(crowd)
    yield Message, (message for row in range(len(crowd.cluster)) for message in _messages(crowd, row))
    yield TicketEvent, (_event(crowd, row) for row in range(len(crowd.cluster)) if crowd.status[row] != "new")
    yield Membership, _memberships(crowd)


def written(crowd: Crowd, row: int) -> tuple[str, str]:
    """Subject and text of a ticket: no two texts are the same."""
    thing = words.title(int(crowd.cluster[row]) - 1)
    aside = words.ASIDES[row % len(words.ASIDES)]
    return thing, f"{thing}. {aside} Our case {row + 1}."


def text_hash(crowd: Crowd, row: int) -> str:
    return hashlib.sha256(written(crowd, row)[1].encode()).hexdigest()


def _tickets(crowd: Crowd) -> Iterator[dict[str, Any]]:
    for row in range(len(crowd.cluster)):
        account, created = int(crowd.account[row]), crowd.created(row)
        subject, text = written(crowd, row)
        desk = "desk" if row % 5 else "abroad"
        yield {
            "id": row + 1,
            "connection": desk,
            "source_id": str(10_000 + row),
            "subject": subject,
            "embed_text": text,
            "embed_hash": text_hash(crowd, row),
            "record_hash": f"{row:064x}",
            "status": crowd.status[row],
            "priority": ("urgent", "high", "normal", "normal", "normal", "low")[int(crowd.cluster[row]) % 6],
            "requester_key": f"{account:08x}{row % 3:024x}",
            "requester_domain": domain(account) if account else f"stranger-{row}.example",
            "requester_free_mail": False,
            "account_ref": words.company(account - 1) if account and row % 16 == 0 else None,
            "group": GROUPS[row % len(GROUPS)],
            "channel": ("mail", "form", "chat")[row % 3],
            "language": "en",
            "tags": [],
            "attributes": {},
            "url": f"https://{desk}.example/tickets/{10_000 + row}",
            "created_at": created,
            "updated_at": created + timedelta(hours=30) if crowd.days[row] > 2 else created,
            "last_customer_at": created + timedelta(hours=20) if crowd.days[row] > 1 else created,
            "merged_into": str(10_000 + row - 5) if row % 331 == 330 else None,
            "deleted_at": crowd.at if row % 211 == 210 else None,
        }


def _messages(crowd: Crowd, row: int) -> Iterator[dict[str, Any]]:
    """The question, an answer, and from every second ticket one more."""
    created = crowd.created(row)
    texts = [("customer", written(crowd, row)[1]), ("agent", words.REPLIES[row % len(words.REPLIES)])]
    if row % 2:
        texts.append(("customer", words.ASIDES[(row + 3) % len(words.ASIDES)]))
    for place, (author, text) in enumerate(texts):
        yield {
            "ticket_id": row + 1,
            "source_id": f"{row + 1}-{place}",
            "author": author,
            "public": True,
            "created_at": created + timedelta(hours=10 * place),
            "text": text,
        }


def _event(crowd: Crowd, row: int) -> dict[str, Any]:
    return {
        "ticket_id": row + 1,
        "source_id": "1",
        "kind": "status",
        "at": crowd.created(row) + timedelta(hours=4),
        "side": "agent",
        "old": "new",
        "new": crowd.status[row],
    }


def _memberships(crowd: Crowd) -> Iterator[dict[str, Any]]:
    sure = np.clip(crowd.rng.normal(0.8, 0.12, len(crowd.cluster)), 0.3, 1.0)
    for row, cluster in enumerate(crowd.cluster.tolist()):
        yield {
            "ticket_id": row + 1,
            "cluster_id": cluster,
            "q": float(sure[row]),
            "origin": "human" if row % 40 == 0 else "model",
            "since": crowd.created(row) + timedelta(minutes=10),
        }


def vector_rows(crowd: Crowd, model: str) -> Tables:
    """Unit vectors around a middle of each issue."""
    middles = _units(crowd.rng.standard_normal((crowd.size.clusters, BUNDLED_DIM), dtype=np.float32))
    yield Vector, _vectors(crowd, model, middles)


def _vectors(crowd: Crowd, model: str, middles: NDArray[np.float32]) -> Iterator[dict[str, Any]]:
    for row, cluster in enumerate(crowd.cluster.tolist()):
        own = crowd.rng.standard_normal(BUNDLED_DIM, dtype=np.float32) * (SPREAD / np.sqrt(BUNDLED_DIM))
        vector = middles[cluster - 1] + own
        data = pack(vector / np.linalg.norm(vector))
        yield {"model": model, "content_hash": text_hash(crowd, row), "data": data, "crc": zlib.crc32(data)}


def _units(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
