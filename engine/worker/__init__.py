"""The engine thread: commands in, frozen numbered snapshots out."""
