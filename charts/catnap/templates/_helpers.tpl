{{/* The chart's name, or its replacement. */}}
{{- define "catnap.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* Prefix of object names; short enough that every suffix fits a DNS label. */}}
{{- define "catnap.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains (include "catnap.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "catnap.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Labels of an object. Argument: dict root, component (may be empty). */}}
{{- define "catnap.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name (.root.Chart.Version | replace "+" "_") }}
{{ include "catnap.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: catnap
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Labels that never change, for selectors. Argument: dict root, component. */}}
{{- define "catnap.selectorLabels" -}}
app.kubernetes.io/name: {{ include "catnap.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end -}}

{{/* One of Catnap's own images. Argument: dict root, image. */}}
{{- define "catnap.image" -}}
{{- $tag := .image.tag | default .root.Values.image.tag | default .root.Chart.AppVersion -}}
{{- include "catnap.imageName" (dict "registry" .root.Values.image.registry "repository" .image.repository "tag" $tag "digest" .image.digest) -}}
{{- end -}}

{{/* registry/repository:tag@digest. Argument: dict registry, repository, tag, digest. */}}
{{- define "catnap.imageName" -}}
{{- with .registry }}{{ trimSuffix "/" . }}/{{ end -}}
{{- .repository }}:{{ .tag }}
{{- with .digest }}@{{ . }}{{ end -}}
{{- end -}}

{{- define "catnap.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: {{ .user }}
runAsGroup: {{ .user }}
fsGroup: {{ .user }}
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "catnap.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Where pods run. Argument: dict root, component, values. */}}
{{- define "catnap.scheduling" -}}
{{- with .values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Apart where that is possible, never pending because it is not. Argument: dict root, component. */}}
{{- define "catnap.topologySpread" -}}
topologySpreadConstraints:
  {{- range $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "catnap.selectorLabels" $ | nindent 8 }}
    # Only pods of the same revision count, or a rollout would spread badly.
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- end -}}

{{- define "catnap.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* CATNAP_REDIS_URL, and what it is made of. */}}
{{- define "catnap.redisEnv" -}}
{{- if .Values.redis.enabled -}}
- name: CATNAP_REDIS_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ include "catnap.fullname" . }}-redis
      key: password
- name: CATNAP_REDIS_URL
  value: redis://:$(CATNAP_REDIS_PASSWORD)@{{ include "catnap.fullname" . }}-redis:6379
{{- else if .Values.redis.existingSecret.name -}}
- name: CATNAP_REDIS_URL
  valueFrom:
    secretKeyRef:
      name: {{ .Values.redis.existingSecret.name }}
      key: {{ .Values.redis.existingSecret.key }}
{{- else -}}
- name: CATNAP_REDIS_URL
  value: {{ .Values.redis.externalUrl | quote }}
{{- end -}}
{{- end -}}

{{/* CATNAP_ENCRYPTION_KEY, shared by operator and gateway. */}}
{{- define "catnap.encryptionEnv" -}}
- name: CATNAP_ENCRYPTION_KEY
  valueFrom:
    secretKeyRef:
      name: {{ .Values.encryption.existingSecret.name | default (printf "%s-encryption" (include "catnap.fullname" .)) }}
      key: {{ .Values.encryption.existingSecret.key }}
{{- end -}}

{{/* Where callers reach the gateway. */}}
{{- define "catnap.publicUrl" -}}
{{- if .Values.gateway.publicUrl -}}
{{- .Values.gateway.publicUrl -}}
{{- else if .Values.gateway.ingress.enabled -}}
{{- printf "http%s://%s" (ternary "s" "" (ne .Values.gateway.ingress.tlsSecret "")) .Values.gateway.ingress.host -}}
{{- else -}}
{{- $port := int .Values.gateway.service.port -}}
{{- printf "http://%s-gateway.%s.svc%s" (include "catnap.fullname" .) .Release.Namespace (ternary "" (printf ":%d" $port) (eq $port 80)) -}}
{{- end -}}
{{- end -}}

{{/* Everything in values that contradicts itself, in one message. */}}
{{- define "catnap.validate" -}}
{{- $problems := list -}}
{{- $external := or .Values.redis.externalUrl .Values.redis.existingSecret.name -}}
{{- if and .Values.redis.enabled $external -}}
{{- $problems = append $problems "redis.enabled is true, but redis.externalUrl or redis.existingSecret.name names another Redis; set redis.enabled=false to use that one" -}}
{{- end -}}
{{- if and (not .Values.redis.enabled) (not $external) -}}
{{- $problems = append $problems "redis.enabled is false, so redis.externalUrl or redis.existingSecret.name must say which Redis to use" -}}
{{- end -}}
{{- if and .Values.redis.externalUrl .Values.redis.existingSecret.name -}}
{{- $problems = append $problems "redis.externalUrl and redis.existingSecret.name are both set; set one" -}}
{{- end -}}
{{- if contains "@" .Values.redis.externalUrl -}}
{{- $problems = append $problems "redis.externalUrl holds credentials, which would show in the Deployments; put the address into a Secret and name it in redis.existingSecret.name" -}}
{{- end -}}
{{- if and .Values.gateway.ingress.enabled (not .Values.gateway.ingress.host) -}}
{{- $problems = append $problems "gateway.ingress.enabled is true, so gateway.ingress.host must be set" -}}
{{- end -}}
{{- if and (not .Values.gateway.ingress.enabled) (or .Values.gateway.ingress.host .Values.gateway.ingress.tlsSecret) -}}
{{- $problems = append $problems "gateway.ingress.host or gateway.ingress.tlsSecret is set, but gateway.ingress.enabled is false" -}}
{{- end -}}
{{- if and .Values.networkPolicies.metricsFrom (not .Values.networkPolicies.enabled) -}}
{{- $problems = append $problems "networkPolicies.metricsFrom is set, but networkPolicies.enabled is false" -}}
{{- end -}}
{{- if $problems -}}
{{- fail (printf "\n- %s" (join "\n- " $problems)) -}}
{{- end -}}
{{- end -}}
