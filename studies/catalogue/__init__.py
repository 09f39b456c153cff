"""Ready-made studies, one TOML file each."""
