"""Write the records of one class into a file of their own, byte for byte."""

import filmroll

roll = filmroll.open("roll-*.tfrecord")
wanted = roll.label_names.index("sun")

with filmroll.Writer("suns.tfrecord") as writer:
    for place, record in roll.records():
        if roll.to_sample(place, roll.parse(place, record)).label == wanted:
            writer.write(record)

suns = filmroll.open("suns.tfrecord")
print(len(suns), {sample.text for sample in suns})
