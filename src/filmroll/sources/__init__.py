"""Where pictures come from: folders, tables, MNIST, CIFAR, ImageNet, and single files."""
