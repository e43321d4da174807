"""The only arithmetic of a step: both networks, their starts, and what is made of their source."""
