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

{{/* Labels of pods: no versions, so that a new chart alone replaces no pod. Argument: dict root, component. */}}
{{- define "catnap.podLabels" -}}
{{ include "catnap.selectorLabels" . }}
app.kubernetes.io/part-of: catnap
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

{{/* Where Redis is, and how to log in: built in, from a Secret, asked of Sentinels, or an address. */}}
{{- define "catnap.redisEnv" -}}
{{- $redis := .Values.redis -}}
{{- if $redis.enabled -}}
- name: CATNAP_REDIS_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ include "catnap.fullname" . }}-redis
      key: password
- name: CATNAP_REDIS_URL
  value: redis://:$(CATNAP_REDIS_PASSWORD)@{{ include "catnap.fullname" . }}-redis:6379
{{- else if $redis.existingSecret.name -}}
- name: CATNAP_REDIS_URL
  {{- include "catnap.fromSecret" $redis.existingSecret | nindent 2 }}
{{- else if $redis.sentinel.nodes -}}
- name: CATNAP_REDIS_URL
  value: redis{{ if $redis.sentinel.tls }}s{{ end }}://{{ $redis.sentinel.master }}
- name: CATNAP_REDIS_SENTINELS
  value: {{ join "," $redis.sentinel.nodes | quote }}
{{- if $redis.sentinel.passwordSecret.name }}
- name: CATNAP_REDIS_SENTINEL_PASSWORD
  {{- include "catnap.fromSecret" $redis.sentinel.passwordSecret | nindent 2 }}
{{- end }}
{{- else -}}
- name: CATNAP_REDIS_URL
  value: {{ $redis.externalUrl | quote }}
{{- end -}}
{{- if $redis.passwordSecret.name }}
- name: CATNAP_REDIS_PASSWORD
  {{- include "catnap.fromSecret" $redis.passwordSecret | nindent 2 }}
{{- end }}
{{- if $redis.tls.caSecret.name }}
- name: NODE_EXTRA_CA_CERTS
  value: /etc/catnap/redis-ca/ca.crt
{{- end }}
{{- end -}}

{{/* Argument: dict name, key. */}}
{{- define "catnap.fromSecret" -}}
valueFrom:
  secretKeyRef:
    name: {{ .name }}
    key: {{ .key }}
{{- end -}}

{{- define "catnap.redisCaVolume" -}}
{{- with .Values.redis.tls.caSecret }}
{{- if .name -}}
- name: redis-ca
  secret:
    secretName: {{ .name }}
    items:
      - key: {{ .key }}
        path: ca.crt
{{- end }}
{{- end }}
{{- end -}}

{{- define "catnap.redisCaMount" -}}
{{- if .Values.redis.tls.caSecret.name -}}
- name: redis-ca
  mountPath: /etc/catnap/redis-ca
  readOnly: true
{{- end }}
{{- end -}}

{{/* Settings of Node.js itself: a heap that ends before the container's memory does, whatever limit is set. */}}
{{- define "catnap.nodeEnv" -}}
- name: NODE_OPTIONS
  value: --max-old-space-size-percentage=65
{{- end -}}

{{/* CATNAP_ENCRYPTION_KEY, shared by operator and gateway. */}}
{{- define "catnap.encryptionEnv" -}}
{{- $name := .Values.encryption.existingSecret.name | default (printf "%s-encryption" (include "catnap.fullname" .)) -}}
- name: CATNAP_ENCRYPTION_KEY
  {{- include "catnap.fromSecret" (dict "name" $name "key" .Values.encryption.existingSecret.key) | nindent 2 }}
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

{{/* Who may ask for health and metrics; the kubelet of a pod's own node always may. */}}
{{- define "catnap.observers" -}}
- podSelector:
    matchLabels:
      {{- include "catnap.selectorLabels" (dict "root" . "component" "test") | nindent 6 }}
{{- with .Values.networkPolicies.metricsFrom }}
{{ toYaml . }}
{{- end }}
{{- end -}}
