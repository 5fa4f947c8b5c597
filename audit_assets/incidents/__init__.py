"""Incidents: PagerDuty and Slack, redacted and pseudonymised before anything is written."""
