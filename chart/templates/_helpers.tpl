{{/* What several templates say alike. */}}

{{/* The name of every object. Names that add to it still fit into 63 characters. */}}
{{- define "syncguard.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 45 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 45 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 45 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What cluster-scoped objects but the configurations are called: two namespaces may hold releases of one name. */}}
{{- define "syncguard.clusterName" -}}
{{- printf "%s:%s" .Release.Namespace (include "syncguard.fullname" .) -}}
{{- end -}}

{{/* Labels by which pods are found. */}}
{{- define "syncguard.selectorLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: webhook
{{- end -}}

{{/* Labels that everything has beside those that tell parts apart. */}}
{{- define "syncguard.sharedLabels" -}}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name (.Chart.Version | replace "+" "_") }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "syncguard.labels" -}}
{{ include "syncguard.selectorLabels" . }}
{{ include "syncguard.sharedLabels" . }}
{{- end -}}

{{- define "syncguard.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "syncguard.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* Where the program itself puts its CA into the configurations. */}}
{{- define "syncguard.writesCaBundle" -}}
{{- if ne .Values.certificates.source "certManager" }}true{{ end -}}
{{- end -}}

{{/* The policy that keeps the account from changing anything else there. */}}
{{- define "syncguard.caBundlePolicyName" -}}
{{- printf "%s-ca-bundle-only" (include "syncguard.fullname" .) -}}
{{- end -}}

{{/* CEL: two maps have the same keys and values, some keys aside. Takes a dict of now, was, but. */}}
{{- define "syncguard.celEqualBut" -}}
{{ .now }}.all(key, key in {{ .but }} || key in {{ .was }} && {{ .now }}[key] == {{ .was }}[key]) && {{ .was }}.all(key, key in {{ .but }} || key in {{ .now }})
{{- end -}}

{{- define "syncguard.caSecretName" -}}
{{- printf "%s-ca" (include "syncguard.fullname" .) -}}
{{- end -}}

{{/* The Secret that is mounted. */}}
{{- define "syncguard.tlsSecretName" -}}
{{- if eq .Values.certificates.source "secret" -}}
{{- .Values.certificates.secret.name -}}
{{- else -}}
{{- printf "%s-tls" (include "syncguard.fullname" .) -}}
{{- end -}}
{{- end -}}

{{/* An image by its digest or tag. Takes a dict of image and defaultTag. */}}
{{- define "syncguard.image" -}}
{{- if .image.digest -}}
{{- printf "%s@%s" .image.repository .image.digest -}}
{{- else -}}
{{- printf "%s:%s" .image.repository (default .defaultTag .image.tag) -}}
{{- end -}}
{{- end -}}

{{/* Annotations of both configurations. */}}
{{- define "syncguard.configurationAnnotations" -}}
{{- if eq .Values.certificates.source "certManager" -}}
cert-manager.io/inject-ca-from: {{ .Release.Namespace }}/{{ include "syncguard.fullname" . }}
{{- end -}}
{{- end -}}

{{/*
One entry of a configuration, with every field that the API server would fill in, and never a caBundle, so that
nobody sees a difference between what is here and what is stored.
Takes a dict of root, resource, version, operations, failurePolicy, path.
*/}}
{{- define "syncguard.webhook" -}}
name: {{ .resource | replace "/" "-" }}.syncguard.dev
clientConfig:
  service:
    name: {{ include "syncguard.fullname" .root }}
    namespace: {{ .root.Release.Namespace }}
    path: {{ .path }}
    port: {{ .root.Values.service.port }}
rules:
  - apiGroups: [stackgres.io]
    apiVersions: [{{ join ", " .versions }}]
    resources: [{{ .resource }}]
    operations: [{{ join ", " .operations }}]
    scope: Namespaced
failurePolicy: {{ .failurePolicy }}
matchPolicy: Equivalent
sideEffects: None
timeoutSeconds: {{ .root.Values.webhooks.timeoutSeconds }}
admissionReviewVersions: [v1]
objectSelector: {}
namespaceSelector:
  {{- with .root.Values.webhooks.namespaceSelector.matchLabels }}
  matchLabels:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  matchExpressions:
    - key: kubernetes.io/metadata.name
      operator: NotIn
      values: [kube-system, kube-node-lease]
    {{- with .root.Values.webhooks.namespaceSelector.matchExpressions }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
# An error in CEL would be a denial where the policy is Fail, so every field is asked for before it is read.
matchConditions:
  - name: spec-changes
    expression: >-
      request.operation != 'UPDATE' || !has(object.spec) || !has(oldObject.spec) || object.spec != oldObject.spec
{{- end -}}

{{/* Labels of what `helm test` makes, which no Service may find. */}}
{{- define "syncguard.testLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: test
{{ include "syncguard.sharedLabels" . }}
{{- end -}}
