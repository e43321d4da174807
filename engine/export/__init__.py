"""Files: a run, a step and an impact as JSON, tables, programs, state dicts."""
