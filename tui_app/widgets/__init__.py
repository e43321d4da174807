"""The parts of the screen, a widget a module."""
