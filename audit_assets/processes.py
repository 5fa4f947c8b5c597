"""Processes that Assay starts end with the one that started them: a killed run must not go on writing."""

import os
import threading
import time

LOOK_EVERY_SECONDS = 0.25


def exit_with_parent(parent: int) -> None:
    """End this process when the one that started it, `parent`, is gone, be it before this line."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_EVERY_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
