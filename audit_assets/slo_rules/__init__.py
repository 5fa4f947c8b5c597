"""SLO specs in (Sloth, OpenSLO), Prometheus recording and alert rules out.

The rules follow the conventions of Sloth (https://sloth.dev), so that its dashboards work on them: multi-window, multi-burn-rate
alerts as in Google's SRE workbook, chapter 5 (https://sre.google/workbook/alerting-on-slos/).
What does not belong here: audits, the lake, documents. This folder knows text in and text out.
"""
