"""Runs that several tests look at, trained once in each process; nobody changes them."""

from functools import cache

import engine

trained = cache(engine.train)
