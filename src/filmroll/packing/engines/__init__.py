"""Where tasks are done: in threads, in processes, on a Ray cluster, or wherever an Executor has its workers.

run(work, tasks) ── Engine ─┬─ threads     in this process
     │      ▲               ├─ processes   on this machine, counts come back through a mapped file
  finished  └── counts ─────┼─ ray         on a cluster, counts come back through an actor
                            └─ any Executor, such as Dask's; each task is counted when it is done
"""
