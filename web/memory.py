"""The search for cyclic garbage, in processes that are the application's own."""

import gc

#: So many more values than before are searched at once: by default 700.
NEW = 50_000


def settle() -> None:
    """Leave out of the search what is loaded, since it stays for good, and search more seldom.

    To read articles makes many small values and hardly a cycle: a sixth of its time went into the search.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW, *gc.get_threshold()[1:])
