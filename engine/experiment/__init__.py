"""What is trained: data and their files, settings, presets, the catalogue of differences. No arithmetic."""
