"""How cost grows with pictures, shards and workers: short measurements, and what follows from them for 10**9 pictures.

measure.py   what a small machine can show, kept in measured.json      model.py   what is computed from it, and how
page.py      docs/scaling.md                                           store.py   requests of a store, counted
"""
