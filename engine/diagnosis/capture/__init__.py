"""A stranger's program is run and watched: which of its arrays are weights, and what they are at each step."""
