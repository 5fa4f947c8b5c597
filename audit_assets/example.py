"""The commented audit.yaml that `assay init` writes."""

EXAMPLE = """\
# yaml-language-server: $schema=docs/audit.schema.json
# What Assay audits. Relative paths are relative to this file. Unknown keys are errors.
# Secrets are references to environment variables, never values: ${PROMETHEUS_TOKEN}
version: 1

audit:
  name: my-estate
  currency: USD                      # bills in another currency need a rate, see exchange_rates
  window: {days: 90}                 # whole UTC days; `end: 2026-09-30` fixes the last one, default yesterday
  stakeholder: {name: Jane Doe, contact: jane@example.com}   # who can say whether a risk matters
  # review: {date: 2026-10-09, attendees: [Jane Doe]}        # without it the roadmap's gate stays open
  # track_owners: {cost: finops, reliability: sre, slo: sre, roadmap: platform}

sources:                             # an empty list is fine: what it would feed becomes `unknown`
  billing:
    # FOCUS 1.0-1.3 exports as *.csv, *.csv.gz or *.parquet, nested folders included
    - {name: cloud, kind: focus, uri: billing/}
    # - {name: aws, kind: aws_cur, uri: cur/}            # legacy CUR or CUR 2.0
    # - {name: gcp, kind: gcp_billing, uri: gcp/}        # the detailed export of BigQuery, as Parquet, JSON lines or CSV
    # - {name: azure, kind: azure_cost, uri: azure/, metric: amortized}   # cost details; one metric, never both
    # - {name: dc1, kind: on_prem, uri: on_prem.yaml}    # nodes, prices, useful life, power
    # - {name: s3, kind: focus, uri: "s3://bucket/exports/", s3: {region: eu-west-1}}   # credentials: as the AWS CLI finds them
  incidents:
    - {name: pd, kind: pagerduty, uri: incidents/pagerduty/}       # REST pages as JSON
    - {name: slack, kind: slack, uri: incidents/slack-export.zip}  # authors become pseudonyms, text is redacted
    # - {name: pd-live, kind: pagerduty, token: "${PAGERDUTY_TOKEN}"}                  # the API itself; a read-only key
    # - {name: slack-live, kind: slack, token: "${SLACK_TOKEN}", channels: [incidents]} # only these channels are read
  metrics:
    - {name: archive, kind: openmetrics, uri: metrics/, cluster: prod}   # *.om, *.prom, *.txt, also .gz
    # - {name: live, kind: prometheus, url: "http://127.0.0.1:9090", cluster: prod, token: "${PROMETHEUS_TOKEN}"}
  manifests:
    - {name: repo, kind: files, uri: manifests/, cluster: prod}
    # - {name: live, kind: kubernetes, context: prod, cluster: prod}       # read-only, with the rights of deploy/rbac.yaml
    # - {name: infra, kind: terraform, uri: terraform/, cluster: prod}     # *.tfstate, or the output of `terraform show -json`

scope:
  services:
    - name: chat
      owner: team-chat
      consumer: paying customer
      depends_on: []
      workloads:
        - name: chat-llm
          kind: inference                                # inference, training, embeddings or batch
          match: {namespace: chat, labels: {app: chat-llm}}
          reference_profile: {input_tokens: 800, output_tokens: 200}
          # units: {counter: my_requests_total}          # where the kind's usual counter is not the right one
      slo:
        latency: {percentile: 95, threshold_ms: 500}
        availability: {objective: 0.995, window_days: 30}
        tolerance: {latency_ms: 900, retries: 1, timeout_ms: 2000}

# What people believe; each is held against a measured claim.
beliefs: []
#  - {id: training-share, statement: "training is 40% of spend", claim: cost.share.kind.training, expected: 0.40, tolerance: 0.05}

# Guardrails that are said to exist, and when they were last tested.
guardrails: []
#  - {name: GpuMemoryHigh, mode: vram_exhaustion, kind: alert, tested: 2026-07-02, evidence: "game day notes"}

# What people know better than the rules, by incident_id of fct_incidents. A list, or the path of a CSV file with the same columns.
incident_overrides: []
#  - {incident: "pd:Q1ABC", mode: hardware_fault, started: 2026-07-14T14:05:00Z, reason: "RMA report"}
#  - {incident: "slack:ops:1784000000.000100", is_incident: false, reason: "load test"}

# Versions held on purpose. A pin without a reason is a finding.
pins: []
#  - {what: "driver 550.54", where: prod, reason: "newer drivers break NCCL on this board"}

# GPUs of machine types that Assay does not know, or has otherwise.
machines: {}
#  acme.x1: {gpus: 4, gpu_model: H200}

# What a fix takes here, in days of one engineer, where that is known better than the shipped table (dbt_project/seeds/fix_efforts.csv).
efforts: {}
#  single_replica: 2

# What other currencies are worth in the audit's. Charges without a rate for their day are in no sum.
exchange_rates: []
#  - {currency: EUR, rate: 1.08, since: 2026-01-01, source: "treasury, Q1"}

# Requirements of the readiness scorecard that only people can answer (ids are in the roadmap's annex).
checklist: {}
#  AUD-04: {answer: yes, evidence: "three weeks, ends on 9 October", said_by: Jane Doe, said_on: 2026-09-18}
# When the Dagster daemon brings the audit up to date by itself, and who is told when that fails.
refresh: {at: "06:00", zone: UTC, look_back_days: 7}
notify: []
#  - {kind: slack, secret: "${SLACK_WEBHOOK}"}           # the URL of an incoming webhook
#  - {kind: pagerduty, secret: "${PAGERDUTY_ROUTING_KEY}", region: us}

# Where homes share one lake; each then holds a copy. Without it the lake lies in --home. See docs/operations.md.
# lake: {uri: "s3://bucket/assay/my-estate", s3: {region: eu-west-1}}

documents: {pdf: true}   # false: Markdown and HTML only, for a cheaper refresh

policy:
  # allowed_regions: [eu-west-1]
  # peak_hours: "08:00-20:00"
  # required_tags: [team, service]
  # mirrors: ["docker.io=registry.internal.example"]   # which public registry a mirror stands for
  # days_per_owner: 20                               # person-days that one owner has for the roadmap in four weeks
  shared_cost: none
"""
