"""How much disk does a library take with all it needs?

Measured once: the bytes of all files in the site-packages of its environment, compiled byte code included, without
pip and setuptools; 1 MB is 10**6 bytes. There is no content to compare.
"""

from benchmarks.task import Task
from benchmarks.tasks import import_time

TASK = Task(
    name="installed-size",
    title="Installed size",
    unit="MB",
    items="",
    compare="never",
    session="size",
    prepare=import_time.prepare,
    engines=import_time.ENGINES,
)
