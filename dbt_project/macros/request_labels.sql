{% macro request_outcome(labels) %}
{#
good, bad, or NULL (not a request that the service answers for), from the labels of a request counter.
5xx is bad, and so is code 0, a connection that got no response, unless Istio says that the client hung up (DC).
Every other code is good: 4xx is the caller's. Dynamo says success or error and why; invalid input and cancellation are the caller's.
#}
case
    when {{ status_code(labels) }} = '0' and coalesce({{ labels }}['response_flags'], '') like '%DC%' then null
    when regexp_matches({{ status_code(labels) }}, '^(0$|5)') then 'bad'
    when regexp_matches({{ status_code(labels) }}, '^[1-4]') then 'good'
    when {{ status_code(labels) }} = 'success' then 'good'
    when {{ status_code(labels) }} = 'error'
        then case
            when {{ labels }}['error_type'] = 'cancelled' then null
            when {{ labels }}['error_type'] in ('validation', 'not_found') then 'good'
            else 'bad'
        end
end
{% endmacro %}

{% macro failure_outcome(labels) %}
{#
bad, good or NULL, from the labels of a counter that holds failures only. Triton says CANCELED when the client hung up;
TGI says validation for input that it refuses, which is the caller's.
#}
case
    when lower({{ labels }}['reason']) in ('canceled', 'cancelled') then null
    when lower({{ labels }}['err']) = 'validation' then 'good'
    else 'bad'
end
{% endmacro %}

{# The status on a counter of errors; NULL when it has none and every error is the service's. #}
{% macro error_code(labels) %}
coalesce({{ labels }}['error_code'], {{ labels }}['status_code'])
{% endmacro %}

{% macro status_code(labels) %}
lower(coalesce(
    {{ labels }}['status'], {{ labels }}['code'], {{ labels }}['response_code'], {{ labels }}['status_code'],
    {{ labels }}['http_status'], {{ labels }}['http_response_status_code'], {{ labels }}['response_code_class'], {{ labels }}['status_class']
))
{% endmacro %}

{# Which label says the outcome: the first that status_code reads. #}
{% macro status_label(labels) %}
list_filter(
    ['status', 'code', 'response_code', 'status_code', 'http_status', 'http_response_status_code', 'response_code_class', 'status_class'],
    lambda name: {{ labels }}[name] is not null
)[1]
{% endmacro %}

{% macro probe_paths() %}metrics|ping|version|health|healthz|livez?|ready|readyz|liveness|readiness|startup{% endmacro %}

{# Which label names the path: the first that is_probe reads. #}
{% macro probe_label(labels) %}
list_filter(
    ['handler', 'path', 'endpoint', 'route', 'uri'],
    lambda name: {{ labels }}[name] is not null and (name <> 'endpoint' or contains({{ labels }}[name], '/'))
)[1]
{% endmacro %}

{% macro is_probe(labels) %}
{#
Health checks and scrapes are nobody's request; counted, they would make a dead service look available.
An endpoint without a slash is no path: the Prometheus operator puts the name of the scraped port there, which is often `metrics`.
#}
regexp_matches(
    coalesce(
        {{ labels }}['handler'], {{ labels }}['path'], if(contains({{ labels }}['endpoint'], '/'), {{ labels }}['endpoint'], null),
        {{ labels }}['route'], {{ labels }}['uri'], ''
    ),
    '(?i)(^|/)({{ probe_paths() }})/?$'
)
{% endmacro %}

{# The labels of a series without those that say only which replica of Prometheus scraped it. #}
{% macro without_replica_labels(labels) %}
map_from_entries(list_filter(
    map_entries({{ labels }}), lambda label: label['key'] not in ('prometheus', 'prometheus_replica', '__replica__')
))
{% endmacro %}

{# Which replica of Prometheus scraped a series; the rollups settle equals in this order too. #}
{% macro replica_of(labels) %}
concat_ws('/', coalesce({{ labels }}['prometheus'], ''), coalesce({{ labels }}['prometheus_replica'], ''), coalesce({{ labels }}['__replica__'], ''))
{% endmacro %}

{# What two sources of one cluster may both tell of: a pod, else the series; `job` is each source's own name for the scrape. #}
{% macro told_of(pod, labels) %}
coalesce({{ pod }}, cast(list_filter(
    map_entries({{ without_replica_labels(labels) }}), lambda label: label['key'] <> 'job'
) as varchar))
{% endmacro %}
