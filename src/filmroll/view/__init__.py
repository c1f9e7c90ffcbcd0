"""Looking at pictures: the contact sheet."""
