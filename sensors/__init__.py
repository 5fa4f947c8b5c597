"""What makes things run by themselves: schedules and sensors."""
