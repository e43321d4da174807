"""One step opened up: its operations, the reasons they differ, rounding, the growth of the gap."""
