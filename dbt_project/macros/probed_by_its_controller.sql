{# Whether somebody else looks after a template's probes: KServe, KubeRay, Knative, Dynamo and the operators of VLLMRuntime and NIMService
   put them in themselves; the workers of a group answer to their leader, not to requests. #}
{% macro probed_by_its_controller(kind, role) -%}
(
    {{ kind }} in (
        'InferenceService', 'LLMInferenceService', 'RayCluster', 'RayService', 'Service', 'VLLMRuntime', 'VLLMRouter', 'CacheServer',
        'NIMService', 'NIMPipeline', 'DynamoGraphDeployment', 'DynamoComponentDeployment'
    )
    or ({{ kind }} = 'LeaderWorkerSet' and {{ role }} = 'worker')
)
{%- endmacro %}
