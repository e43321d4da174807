"""The terminal: its bytes in and out, signals, and how a program ends."""
