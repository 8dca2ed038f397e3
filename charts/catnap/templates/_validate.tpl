{{/* Everything in values that contradicts itself, in one message. */}}
{{- define "catnap.validate" -}}
{{- $problems := concat
  (include "catnap.redisProblems" . | fromJsonArray)
  (include "catnap.gatewayProblems" . | fromJsonArray)
  (include "catnap.metricsProblems" . | fromJsonArray)
  (include "catnap.functionsProblems" . | fromJsonArray) -}}
{{- if $problems -}}
{{- fail (printf "\n- %s" (join "\n- " $problems)) -}}
{{- end -}}
{{- end -}}

{{- define "catnap.redisProblems" -}}
{{- $problems := list -}}
{{- $redis := .Values.redis -}}
{{- $ways := list -}}
{{- if $redis.externalUrl }}{{ $ways = append $ways "redis.externalUrl" }}{{ end -}}
{{- if $redis.existingSecret.name }}{{ $ways = append $ways "redis.existingSecret.name" }}{{ end -}}
{{- if $redis.sentinel.nodes }}{{ $ways = append $ways "redis.sentinel.nodes" }}{{ end -}}
{{- if and $redis.enabled $ways -}}
{{- $problems = append $problems (printf "redis.enabled is true, but %s names another Redis; set redis.enabled=false to use that one" (join " and " $ways)) -}}
{{- end -}}
{{- if not (or $redis.enabled $ways) -}}
{{- $problems = append $problems "redis.enabled is false, so redis.externalUrl, redis.existingSecret.name or redis.sentinel.nodes must say which Redis to use" -}}
{{- end -}}
{{- if gt (len $ways) 1 -}}
{{- $problems = append $problems (printf "%s are set; set one" (join " and " $ways)) -}}
{{- end -}}
{{- if contains "@" $redis.externalUrl -}}
{{- $problems = append $problems "redis.externalUrl holds credentials, which would show in the Deployments; name a Secret with the password in redis.passwordSecret.name, or one with the whole address in redis.existingSecret.name" -}}
{{- end -}}
{{- if and $redis.passwordSecret.name (not (or $redis.externalUrl $redis.sentinel.nodes)) -}}
{{- $problems = append $problems "redis.passwordSecret.name is set, but only redis.externalUrl and redis.sentinel.nodes need it: the chart's own Redis makes its password, and redis.existingSecret holds one" -}}
{{- end -}}
{{- if and (or $redis.sentinel.tls $redis.sentinel.passwordSecret.name) (not $redis.sentinel.nodes) -}}
{{- $problems = append $problems "redis.sentinel.tls or redis.sentinel.passwordSecret.name is set, but redis.sentinel.nodes is empty" -}}
{{- end -}}
{{- $tls := or (hasPrefix "rediss://" $redis.externalUrl) $redis.existingSecret.name (and $redis.sentinel.nodes $redis.sentinel.tls) -}}
{{- if and $redis.tls.caSecret.name (not $tls) -}}
{{- $problems = append $problems "redis.tls.caSecret.name is set, but Redis is not spoken to over TLS; use rediss:// in redis.externalUrl, or redis.sentinel.tls=true" -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{- define "catnap.gatewayProblems" -}}
{{- $problems := list -}}
{{- $ingress := .Values.gateway.ingress -}}
{{- $route := .Values.gateway.httpRoute -}}
{{- if and $ingress.enabled (not $ingress.host) -}}
{{- $problems = append $problems "gateway.ingress.enabled is true, so gateway.ingress.host must be set" -}}
{{- end -}}
{{- if and (not $ingress.enabled) (or $ingress.host $ingress.tlsSecret) -}}
{{- $problems = append $problems "gateway.ingress.host or gateway.ingress.tlsSecret is set, but gateway.ingress.enabled is false" -}}
{{- end -}}
{{- if and $route.enabled (not $route.parentRefs) -}}
{{- $problems = append $problems "gateway.httpRoute.enabled is true, so gateway.httpRoute.parentRefs must name a Gateway" -}}
{{- end -}}
{{- if and (not $route.enabled) (or $route.parentRefs $route.hostnames) -}}
{{- $problems = append $problems "gateway.httpRoute.parentRefs or gateway.httpRoute.hostnames is set, but gateway.httpRoute.enabled is false" -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{- define "catnap.functionsProblems" -}}
{{- $problems := list -}}
{{- $pools := .Values.functions.pools -}}
{{- if and $pools.maxSize (gt (int $pools.minSize) (int $pools.maxSize)) -}}
{{- $problems = append $problems "functions.pools.minSize is larger than functions.pools.maxSize; lower it, or set functions.pools.maxSize=0 for no warm pods" -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{- define "catnap.metricsProblems" -}}
{{- $problems := list -}}
{{- $metrics := .Values.metrics -}}
{{- $policies := .Values.networkPolicies -}}
{{- $monitored := or $metrics.podMonitor.enabled $metrics.serviceMonitor.enabled -}}
{{- if and $metrics.podMonitor.enabled $metrics.serviceMonitor.enabled -}}
{{- $problems = append $problems "metrics.podMonitor.enabled and metrics.serviceMonitor.enabled are both true, which would count everything twice; set one" -}}
{{- end -}}
{{- if and $policies.metricsFrom (not $policies.enabled) -}}
{{- $problems = append $problems "networkPolicies.metricsFrom is set, but networkPolicies.enabled is false" -}}
{{- end -}}
{{- if and $monitored $policies.enabled (not $policies.metricsFrom) -}}
{{- $problems = append $problems "metrics are to be read, but the NetworkPolicies admit nobody; name Prometheus in networkPolicies.metricsFrom, for example [{\"namespaceSelector\":{\"matchLabels\":{\"kubernetes.io/metadata.name\":\"monitoring\"}}}], or set networkPolicies.enabled=false" -}}
{{- end -}}
{{- if and $metrics.prometheusRule.runbookUrl (not $metrics.prometheusRule.enabled) -}}
{{- $problems = append $problems "metrics.prometheusRule.runbookUrl is set, but metrics.prometheusRule.enabled is false" -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}
