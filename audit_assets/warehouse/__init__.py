"""The dbt warehouse, its one writer, and the published copy that analysts open."""
