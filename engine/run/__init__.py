"""Both networks trained in lockstep: history, comparison, verdict, checkpoints."""
