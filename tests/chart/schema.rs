//! Values that mean nothing are refused, and the refusal names them.

use crate::helm::{NAMESPACE, RELEASE, template};

/// A value that is refused, and where the refusal says it stands.
const REFUSED: [(&str, &str); 23] = [
    ("imag.tag=1", "additional properties 'imag' not allowed"),
    ("webhooks.validating.sgcluster.failurePolicy=Fail", "at '/webhooks/validating'"),
    ("replicas=two", "at '/replicas'"),
    ("replicas=-1", "at '/replicas'"),
    ("image.pullPolicy=always", "at '/image/pullPolicy'"),
    ("image.digest=sha256:12", "at '/image/digest'"),
    ("image.repository=", "at '/image/repository'"),
    ("settings.enforcement=denied", "at '/settings/enforcement'"),
    ("settings.namespaces.prod-*=refuse", "at '/settings/namespaces/prod-*'"),
    ("settings.rules.unknown-role=fatal", "at '/settings/rules/unknown-role'"),
    ("settings.honorIgnores=perhaps", "at '/settings/honorIgnores'"),
    ("webhooks.timeoutSeconds=31", "at '/webhooks/timeoutSeconds'"),
    ("webhooks.validating.scale.failurePolicy=fail", "at '/webhooks/validating/scale/failurePolicy'"),
    ("certificates.source=letsencrypt", "at '/certificates/source'"),
    ("certificates.source=secret", "at '/certificates/secret/name'"),
    ("certificates.certManager.duration=90d", "at '/certificates/certManager/duration'"),
    ("ports.webhook=0", "at '/ports/webhook'"),
    ("service.port=65536", "at '/service/port'"),
    ("log.level=verbose", "at '/log/level'"),
    ("extraArgs={serve}", "at '/extraArgs/0'"),
    ("caBundlePolicy.enabled=maybe", "at '/caBundlePolicy/enabled'"),
    ("podDisruptionBudget.maxUnavailable=half", "at '/podDisruptionBudget/maxUnavailable'"),
    ("monitoring.monitor.kind=Service", "at '/monitoring/monitor/kind'"),
];

#[test]
fn a_value_that_means_nothing_is_refused_by_name() {
    for (value, place) in REFUSED {
        let said = template(RELEASE, NAMESPACE, &["--set", value]);
        let refused = !said.succeeded && said.stderr.contains(place);
        assert!(refused, "{value} was to be refused with {place}, and Helm said: {}", said.stderr);
    }
}
