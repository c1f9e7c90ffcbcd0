import filmroll

roll = filmroll.open("roll-*.tfrecord")
options = {"size": 64, "crop": "random", "shuffle": True, "seed": 1}

by_threads = [batch["image"] for batch in roll.batches(8, **options)]
by_processes = [batch["image"] for batch in roll.batches(8, **options, processes=2)]

print(
    all((one == two).all() for one, two in zip(by_threads, by_processes, strict=True))
)
