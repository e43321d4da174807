"""The tabs, a view a module."""
