"""What is released: sdist and wheel, built, checked, installed alone and with each extra, and tried there."""
