{{- define "web.labels" }}
app: web
rel: {{ .Release.Name }}
{{- end }}
{{- define "web.tls" }}
secretName: {{ .Values.ingress.tls.secret.name | quote }}
{{- end }}
{{- define "web.spec" }}
spec:
  rules: []
  {{- template "web.tls" . }}
{{- end }}
