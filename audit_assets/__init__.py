"""The Dagster code location of Assay: sources, lake, warehouse and the four documents.

One folder per stage of the way data travels; what two folders need lies in a module beside this file.
"""

import atexit
import gc

# Dagster and dbt make a million objects that stay. To look through them for garbage at every 700 more, and all of them once again when a
# process ends, is a third of what a start costs.
gc.set_threshold(50_000)
atexit.register(gc.freeze)
