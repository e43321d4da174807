"""A stranger's program: recorded, read, explained."""
