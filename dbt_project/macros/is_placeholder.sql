-- Whether an image is a note to the reader, such as FILLED BY THE OPERATOR or IMAGE_NAME.
{% macro is_placeholder(image) -%}
    regexp_matches({{ image }}, '\s|^[A-Z][A-Z0-9_]*$')
{%- endmacro %}
