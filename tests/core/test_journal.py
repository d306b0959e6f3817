"""The journal of requests lets go of whoever waits when its sandbox ends."""

import threading
from concurrent.futures import ThreadPoolExecutor

from emulator.core.journal import Journal
from emulator.core.retention import KEEP


def test_wait_ends_with_the_journal():
    journal, is_waiting = Journal(lambda: KEEP["requests"]), threading.Event()

    def look():
        is_waiting.set()
        return []

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(journal.wait, look, 1, 60)
        assert is_waiting.wait(20)
        journal.close()

        assert waiting.result(timeout=20) == []
