"""What opens over the explorer, a screen a module."""
