"""A bounded store of pages, in which one that was asked for once cannot push out those that are asked for often."""

from __future__ import annotations

import threading
from collections import OrderedDict

from portal.page_entries import Address, PageEntry

# Of all bytes, how many may belong to pages that were asked for again.
PROVEN = 0.8


class PageStore:
    """Pages by their addresses, of at most ``limit`` bytes together.

    A segmented LRU in which a hit only leaves a mark, so that readers never wait for one another: a page begins on
    trial, and when its turn to go comes, it stays among the proven if it was asked for since. Of those, too, the ones
    that nobody asked for since the last look go back on trial.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.lock = threading.Lock()
        self.trial: OrderedDict[Address, PageEntry] = OrderedDict()
        self.proven: OrderedDict[Address, PageEntry] = OrderedDict()
        # What each weighed when it was last weighed.
        self.weights: dict[Address, int] = {}
        self.size = 0
        self.proven_size = 0

    def get(self, key: Address) -> PageEntry | None:
        entry = self.proven.get(key) or self.trial.get(key)
        if entry is not None:
            entry.was_asked = True
        return entry

    def put(self, key: Address, entry: PageEntry) -> None:
        """Keep a page in place of the one before. One that is larger than an eighth of the store is not kept."""
        with self.lock:
            if entry.size > self.limit // 8:
                self._drop(key)
                return
            place = self.proven if key in self.proven else self.trial
            place[key] = entry
            self._weigh(key, entry)
            self._make_room()

    def weigh(self, key: Address) -> None:
        """Call it when a page has grown by another encoding."""
        with self.lock:
            entry = self.proven.get(key) or self.trial.get(key)
            if entry is not None:
                self._weigh(key, entry)
                self._make_room()

    def __len__(self) -> int:
        return len(self.weights)

    def clear(self) -> None:
        with self.lock:
            for key in [*self.weights]:
                self._drop(key)

    def _weigh(self, key: Address, entry: PageEntry) -> None:
        added = entry.size - self.weights.get(key, 0)
        self.weights[key] = entry.size
        self.size += added
        if key in self.proven:
            self.proven_size += added

    def _drop(self, key: Address) -> None:
        weight = self.weights.pop(key, 0)
        self.size -= weight
        if self.proven.pop(key, None) is not None:
            self.proven_size -= weight
        self.trial.pop(key, None)

    def _make_room(self) -> None:
        while self.size > self.limit:
            if not self.trial:
                self._demote()
                continue
            key, entry = next(iter(self.trial.items()))
            if not entry.was_asked:
                self._drop(key)
                continue
            entry.was_asked = False
            del self.trial[key]
            self.proven[key] = entry
            self.proven_size += self.weights[key]
            while self.proven_size > self.limit * PROVEN:
                self._demote()

    def _demote(self) -> None:
        """The oldest of the proven goes on trial again, as the next to go, unless it was asked for since."""
        key, entry = next(iter(self.proven.items()))
        if entry.was_asked:
            entry.was_asked = False
            self.proven.move_to_end(key)
            return
        del self.proven[key]
        self.proven_size -= self.weights[key]
        self.trial[key] = entry
        self.trial.move_to_end(key, last=False)
