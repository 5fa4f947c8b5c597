-- A table replaced inside one transaction: the old one stays when its SQL fails, or when rows repeat the grain that the model states
-- (`meta.grain`). dbt-duckdb builds beside it and renames twice, which costs more than the SQL of a small model; a data test costs as much.
{% materialization table, adapter='duckdb', supported_languages=['sql'] %}
    {%- set target = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {{ run_hooks(pre_hooks) }}
    {% call statement('main') -%}
        {%- if existing is not none -%} drop {{ existing.type }} if exists {{ existing }}; {%- endif -%}
        {{- create_table_as(False, target, compiled_code) }}
        {{- require_grain(target, config.get('meta', {}).get('grain')) }}
    {%- endcall %}
    {% do persist_docs(target, model) %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{% macro require_grain(relation, grain) %}
    {%- if grain -%}
        ; select error('{{ relation.identifier }}: rows repeat its grain, {{ grain | join(', ') }}')
        from ({{ repeated_rows(relation, grain) }} limit 1);
    {%- endif -%}
{% endmacro %}
