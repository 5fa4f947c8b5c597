"""What makes things run by themselves: schedules and sensors. They look, and request runs of the jobs; they write nothing themselves."""
