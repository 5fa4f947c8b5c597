-- A table replaced inside one transaction: the old one stays when its SQL fails. dbt-duckdb builds beside it and renames twice, which
-- costs more than the SQL of a small model.
{% materialization table, adapter='duckdb', supported_languages=['sql'] %}
    {%- set target = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {{ run_hooks(pre_hooks) }}
    {% call statement('main') -%}
        {%- if existing is not none -%} drop {{ existing.type }} if exists {{ existing }}; {%- endif -%}
        {{- create_table_as(False, target, compiled_code) }}
    {%- endcall %}
    {% do persist_docs(target, model) %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}
