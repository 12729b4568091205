{{- /* SPDX-License-Identifier: Apache-2.0 */ -}}

{{- define "kzsync.name" -}}
{{ .Release.Name | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- /* Of objects without a namespace: two installations must not share one. */ -}}
{{- define "kzsync.clusterName" -}}
{{ include "kzsync.name" . }}.{{ .Release.Namespace }}
{{- end }}

{{- define "kzsync.account" -}}
{{ .Values.serviceAccount.name | default (include "kzsync.name" .) }}
{{- end }}

{{- define "kzsync.selector" -}}
app.kubernetes.io/name: kzsync
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "kzsync.labels" -}}
{{ include "kzsync.selector" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | trunc 63 | quote }}
app.kubernetes.io/part-of: kubezero
{{- end }}

{{- define "kzsync.image" -}}
{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{- define "kzsync.port" -}}
{{ .Values.listen | splitList ":" | last }}
{{- end }}

{{- /* What run and its shadow have in common. */ -}}
{{- define "kzsync.source" -}}
- --namespace={{ .Release.Namespace }}
- --repo={{ required "source.repo: which repository shall kzsync follow?" .Values.source.repo }}
{{- with .Values.source.ref }}
- --ref={{ . }}
{{- end }}
{{- with .Values.source.path }}
- --path={{ . }}
{{- end }}
{{- if .Values.source.secrets }}
- --credentials=/etc/kzsync/credentials
{{- end }}
- --cache=/var/cache/kzsync
- --sandbox-min={{ .Values.sandbox.min }}
- --log={{ .Values.log.format }}
{{- if .Values.allowDowngrade }}
- --allow-downgrade
{{- end }}
{{- if .Values.log.verbose }}
- --verbose
{{- end }}
{{- end }}

{{- define "kzsync.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "kzsync.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "kzsync.mounts" -}}
- {name: cache, mountPath: /var/cache/kzsync}
- {name: run, mountPath: /var/cache/kzsync/run}
- {name: tmp, mountPath: /tmp}
{{- range .Values.source.secrets }}
- {name: {{ printf "git-%s" . | trunc 63 | trimSuffix "-" }}, mountPath: /etc/kzsync/credentials/{{ . }}, readOnly: true}
{{- end }}
{{- end }}

{{- /* Keys and tokens of a running fetch lie in memory only. */ -}}
{{- define "kzsync.volumes" -}}
- {name: cache, emptyDir: {sizeLimit: {{ .Values.cache.size }}}}
- {name: run, emptyDir: {medium: Memory, sizeLimit: 4Mi}}
- {name: tmp, emptyDir: {sizeLimit: 1Gi}}
{{- range .Values.source.secrets }}
- {name: {{ printf "git-%s" . | trunc 63 | trimSuffix "-" }}, secret: {secretName: {{ . }}, defaultMode: 0440}}
{{- end }}
{{- end }}
