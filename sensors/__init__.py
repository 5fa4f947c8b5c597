"""What makes things run by themselves: schedules and sensors belong here. None exists yet; `assay refresh` from cron does the same work."""
