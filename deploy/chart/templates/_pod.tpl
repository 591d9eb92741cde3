{{/* The parts of a pod. hubusers/kube/manifests.py makes the same without helm, and says why it is so. */}}

{{- define "hubusers.selector" -}}
app.kubernetes.io/name: hubusers
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "hubusers.labels" -}}
{{ include "hubusers.selector" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "hubusers.job" -}}
{{- $ := .root }}
{{- $values := .root.Values }}
{{- $isRun := eq .component "run" }}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .name }}
  labels:
    {{- include "hubusers.labels" $ | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
spec:
  backoffLimit: 0
  ttlSecondsAfterFinished: 86400
  template:
    metadata:
      labels:
        {{- include "hubusers.labels" $ | nindent 8 }}
        app.kubernetes.io/component: {{ .component }}
        {{- $let := dict "hub.jupyter.org/network-access-hub" "true" "hub.jupyter.org/network-access-proxy-http" "true" }}
        {{- merge $let $values.labels | toYaml | nindent 8 }}
      annotations:
        {{- $stay := dict "cluster-autoscaler.kubernetes.io/safe-to-evict" "false" "karpenter.sh/do-not-disrupt" "true" }}
        {{- merge $stay $values.annotations | toYaml | nindent 8 }}
    spec:
      restartPolicy: Never
      automountServiceAccountToken: false
      enableServiceLinks: false
      shareProcessNamespace: true
      securityContext:
        runAsNonRoot: true
        seccompProfile:
          type: RuntimeDefault
      {{- with $values.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      terminationGracePeriodSeconds: {{ add $values.serverTimeout $values.people 30 }}
      volumes:
        - name: tmp
          emptyDir: {}
        {{- if $values.event }}
        - name: input
          projected:
            sources:
              - configMap:
                  name: {{ $.Release.Name }}-files-1
                  items:
                    - key: file-0
                      path: event.toml
        {{- end }}
        {{- with $values.notebooks }}
        - name: notebooks
          configMap:
            name: {{ . }}
        {{- end }}
        {{- with $values.accounts }}
        - name: accounts
          secret:
            secretName: {{ . }}
        {{- end }}
        {{- with $values.caBundle }}
        - name: ca-bundle
          configMap:
            name: {{ . }}
        {{- end }}
        {{- if $isRun }}
        - name: runs
          emptyDir: {}
        {{- end }}
      containers:
        - name: hubusers
          {{- include "hubusers.image" $ | nindent 10 }}
          args:
            {{- .args | toYaml | nindent 12 }}
          env:
            - name: JUPYTERHUB_ENDPOINT
              value: {{ $values.hub.url | quote }}
            - name: JUPYTERHUB_API_TOKEN
              valueFrom:
                secretKeyRef:
                  name: {{ $values.hub.tokenSecret.name }}
                  key: {{ $values.hub.tokenSecret.key | quote }}
            - name: SERVER_LIFECYCLE_TIMEOUT
              value: {{ $values.serverTimeout | quote }}
            {{- if $values.caBundle }}
            - name: REQUESTS_CA_BUNDLE
              value: /ca-bundle/ca.crt
            {{- end }}
            {{- with $values.env }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          volumeMounts:
            - name: tmp
              mountPath: /tmp
            {{- if $values.event }}
            - name: input
              mountPath: /input
              readOnly: true
            {{- end }}
            {{- if $values.notebooks }}
            - name: notebooks
              mountPath: /notebooks
              readOnly: true
            {{- end }}
            {{- if $values.accounts }}
            - name: accounts
              mountPath: /accounts
              readOnly: true
            {{- end }}
            {{- if $values.caBundle }}
            - name: ca-bundle
              mountPath: /ca-bundle
              readOnly: true
            {{- end }}
            {{- if $isRun }}
            - name: runs
              mountPath: /hubusers/runs
            {{- end }}
          resources:
            {{- toYaml $values.resources | nindent 12 }}
        {{- if $isRun }}
        - name: results
          {{- include "hubusers.image" $ | nindent 10 }}
          command:
            - keep-results
          args:
            - {{ $values.keepResults | quote }}
          volumeMounts:
            - name: runs
              mountPath: /hubusers/runs
          resources:
            requests:
              cpu: 10m
              memory: 16Mi
            limits:
              memory: 64Mi
        {{- end }}
{{- end }}

{{- define "hubusers.image" -}}
image: {{ printf "%s:%s" .Values.image.repository .Values.image.tag | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop:
      - ALL
{{- end }}
