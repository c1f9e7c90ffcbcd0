"""Train on digits with NumPy alone: softmax regression, in a loop like any other."""

import numpy as np

import filmroll

filmroll.pack("digits/", "digits.tfrecord", dialect="mnist", split="test")
digits = filmroll.open("digits.tfrecord")
loader = digits.batches(20, channels=1, shuffle=True, seed=1)
weights = np.zeros((28 * 28, 10), np.float32)

for epoch in range(10):
    right = 0
    for batch in loader:
        images = batch["image"].reshape(-1, 28 * 28) / np.float32(255)
        scores = images @ weights
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        right += (shares.argmax(axis=1) == batch["label"]).sum()
        weights += (
            0.005 * images.T @ (np.eye(10, dtype=np.float32)[batch["label"]] - shares)
        )
    if epoch in (0, 1, 9):
        print(f"epoch {epoch}: {right / len(digits):.0%} of {len(digits):,} right")
