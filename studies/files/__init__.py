"""Study files: TOML in, a study or one sentence per mistake out."""
