//! The judgment of one object of a file: as it is, as an AdmissionReview brings it, or as a Scale changes it.

use std::path::Path;

use super::{
    Judge, Judged,
    comments::Comments,
    fragment::why_incomplete,
    known::MOST_VARIANTS,
    locate::Locator,
    subject::{Content, Subject},
};
use crate::{
    Known,
    render::diagnostic::{Diagnostic, Summary},
    source::Source,
};
use syncguard_core::{
    review::{self, Account, Request, Scale, Writer},
    rule::{Downgrade, Finding, Severity},
    view::{Body, Given, Kind, Object, admission_review::AdmissionReview},
};
use syncguard_manifest::{Document, Node, SetValue, path::OwnedPath};

impl Judge<'_> {
    pub(super) fn object(
        &self,
        subject: &Subject<'_, '_>,
        object: Object<'_>,
        locator: &Locator<'_>,
        judged: &mut Judged,
    ) {
        let Given::Is(mut body) = object else { return };
        let version = self.known.before(&body);
        let before = version.map(Known::read);
        let before = before.as_ref().and_then(Given::get);
        if self.known.knows_before() && before.is_none() && is_cluster(&body) {
            judged.summary.new += 1;
        }
        review::complete(&mut body, before, self.policy, || {
            subject.spec_is_unchanged(version.map(Known::value))
        });
        self.judge(
            subject,
            &Version { object: &body, before, scale: None, writer: Writer::Anybody },
            review::Origin::File,
            locator,
            judged,
        );
    }

    /// The values that findings suggest for the objects of a document, but for those that a comment or annotation accepts.
    pub fn suggestions(
        &self,
        text: &str,
        document: &Document<'_>,
        subjects: &[Subject<'_, '_>],
    ) -> Vec<SetValue<OwnedPath>> {
        let locator = Locator::of_text(text);
        let comments = self.inline_ignores.then(|| Comments::of(document, &locator));
        let of = |subject| self.suggestions_for(subject, &locator, comments.as_ref());
        subjects.iter().flat_map(of).collect()
    }

    fn suggestions_for(
        &self,
        subject: &Subject<'_, '_>,
        locator: &Locator<'_>,
        comments: Option<&Comments<'_>>,
    ) -> Vec<SetValue<OwnedPath>> {
        let Ok(Content::Object(Given::Is(body))) = subject.content() else { return Vec::new() };
        let before = self.known.before(&body).map(Known::read);
        let configs = |name: &str| self.known.parameters(body.namespace(), name);
        let request = Request {
            before: before.as_ref().and_then(Given::get),
            configs: &configs,
            ..Request::new(&body, review::Origin::File)
        };
        let is_accepted = |finding: &Finding<'_>| {
            let line = locator.line(subject.node().locate(&finding.path).range.start);
            comments.is_some_and(|comments| comments.accept(finding.rule.id, line))
        };
        let suggested = |finding: Finding<'_>| {
            if is_accepted(&finding) {
                return None;
            }
            let path = OwnedPath::from(&subject.prefix().clone().join(&finding.path));
            Some(SetValue { path, value: finding.problem.suggestion? })
        };
        review::judge(&request, self.policy).into_iter().filter_map(suggested).collect()
    }

    /// Judges an AdmissionReview as the webhooks would: completed first, as the API server calls them.
    pub(super) fn review(
        &self,
        subject: &Subject<'_, '_>,
        review: AdmissionReview<'_>,
        locator: &Locator<'_>,
        judged: &mut Judged,
    ) {
        let Given::Is(request) = review.request else {
            judged.summary.skipped += 1;
            return;
        };
        if !request.stores() {
            return;
        }
        // Whether an upgrade is running is nothing that a file could prove.
        let operator = &self.policy.operator_account;
        let writer = match Account::of(&request.user_info, &request.namespace, operator) {
            Account::Operator => Writer::Operator,
            Account::Upgrade(_) | Account::Other => Writer::Anybody,
        };
        let is_scale = request.known_kind() == Some(Kind::Scale);
        let (Given::Is(mut object), before) = (request.object, request.old_object.get()) else { return };
        let inside = subject.reviewed();
        if is_scale {
            return self.scale(&inside, (&object, before), writer, locator, judged);
        }
        review::complete(&mut object, before, self.policy, || subject.review_keeps_spec());
        let version = Version { object: &object, before, scale: None, writer };
        self.judge(&inside, &version, review::Origin::Admission, locator, judged);
    }

    fn scale(
        &self,
        subject: &Subject<'_, '_>,
        (object, before): (&Body<'_>, Option<&Body<'_>>),
        writer: Writer,
        locator: &Locator<'_>,
        judged: &mut Judged,
    ) {
        let cluster = before.and_then(|before| self.known.scaled(before, before.replicas().integer()));
        let cluster = cluster.map(Known::read);
        let (Some(cluster), Some(before)) = (cluster.as_ref().and_then(Given::get), before) else {
            judged.summary.not_judged += 1;
            return;
        };
        let scale = Some(Scale { replicas: object.replicas(), before: before.replicas() });
        let version = Version { object: cluster, before: None, scale, writer };
        self.judge(subject, &version, review::Origin::Admission, locator, judged);
    }

    fn judge(
        &self,
        subject: &Subject<'_, '_>,
        version: &Version<'_>,
        origin: review::Origin,
        locator: &Locator<'_>,
        judged: &mut Judged,
    ) {
        if is_cluster(version.object) {
            judged.summary.clusters += 1;
        }
        let first = judged.diagnostics.len();
        if self.policy.honor_ignores {
            judged.diagnostics.extend(self.idle_annotations(subject, locator));
        }
        for variant in 0..self.variants(version.object, &mut judged.summary) {
            self.judge_variant(subject, version, origin, locator, variant, &mut judged.diagnostics);
            if variant > 0 {
                keep_worst(&mut judged.diagnostics, first);
            }
        }
    }

    /// How often an object has to be judged: once, and where an SGPostgresConfig that it names is in the input several
    /// times, differently, with each, so that none of them hides what another one does.
    fn variants(&self, object: &Body<'_>, summary: &mut Summary) -> usize {
        let mut most = 1;
        for name in object.postgres_configs() {
            let known = self.known.postgres_configs(object.namespace(), name).len();
            match known {
                0 => drop(summary.missing_configs.insert(name.to_owned())),
                1 => {}
                2..=MOST_VARIANTS => drop(summary.ambiguous_configs.insert(name.to_owned())),
                _ => {
                    let told = format!("{name} (with the first {MOST_VARIANTS} of them)");
                    summary.ambiguous_configs.insert(told);
                }
            }
            most = most.max(known);
        }
        most.min(MOST_VARIANTS)
    }

    /// Whether of several SGPostgresConfigs another one is more likely to be meant than that of this number.
    fn has_nearer_config(&self, object: &Body<'_>, locator: &Locator<'_>, variant: usize) -> bool {
        let path = locator.source.and_then(|source| Some(Path::new(&**source.name.as_ref()?).parent()));
        path.is_some_and(|folder| {
            object.postgres_configs().any(|name| {
                let all = self.known.postgres_configs(object.namespace(), name);
                let taken = all.get(variant.min(all.len().saturating_sub(1)));
                all.len() > 1
                    && taken.is_some_and(|taken| !taken.is_in(folder))
                    && all.iter().any(|config| config.is_in(folder))
            })
        })
    }

    fn judge_variant(
        &self,
        subject: &Subject<'_, '_>,
        version: &Version<'_>,
        origin: review::Origin,
        locator: &Locator<'_>,
        variant: usize,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let &Version { object, before, scale, writer } = version;
        let config = |name: &str| self.known.postgres_config(object.namespace(), name, variant);
        let configs = |name: &str| config(name).map(|config| &config.parameters);
        let request = Request { before, scale, configs: &configs, writer, ..Request::new(object, origin) };
        let mut findings = review::judge(&request, self.policy);
        if origin == review::Origin::File {
            excuse_fragment(subject, locator.source, &mut findings);
        }
        if self.has_nearer_config(object, locator, variant) {
            for finding in &mut findings {
                finding.downgrade(Downgrade::OtherSettings);
            }
        }
        // Reading the name again is worth it only where it is shown.
        let object = (!findings.is_empty()).then(|| subject.name());
        for finding in findings {
            let located = locator.finding(subject.node(), &finding, &config);
            diagnostics.push(Diagnostic { object: object.clone(), ..located });
        }
    }
}

/// Makes warnings of the errors about what is missing, where another file, or a variable of the object around it, may
/// bring it.
pub fn excuse_fragment(subject: &Subject<'_, '_>, source: Option<&Source>, findings: &mut [Finding<'_>]) {
    let is_missing = |finding: &&mut Finding<'_>| {
        let value = subject.node().at(&finding.path);
        let is_variable = |node: Node<'_, '_>| node.as_str().is_some_and(|text| text.contains("${"));
        let is_open = subject.is_embedded && value.is_some_and(is_variable);
        finding.severity == Severity::Error && (value.is_none() || is_open)
    };
    let mut missing = findings.iter_mut().filter(is_missing).peekable();
    // Looking around is worth it only where something is missing.
    let why = missing.peek().and_then(|_| why_incomplete(subject, source));
    if let Some(why) = why {
        missing.for_each(|finding| finding.downgrade(why));
    }
}

/// Of the findings from `first` on that say the same, keeps the one that matters most.
fn keep_worst(diagnostics: &mut Vec<Diagnostic>, first: usize) {
    let mut own = diagnostics.split_off(first.min(diagnostics.len()));
    own.sort_by(|one, other| key(one).cmp(&key(other)).then(other.severity.cmp(&one.severity)));
    own.dedup_by(|later, earlier| key(later) == key(earlier));
    diagnostics.extend(own);
}

/// What a finding says.
fn key(diagnostic: &Diagnostic) -> (&'static str, &str, &str) {
    (diagnostic.rule.id, &diagnostic.path, &diagnostic.message)
}

/// An object, completed, and what is stored of it.
struct Version<'a> {
    object: &'a Body<'a>,
    before: Option<&'a Body<'a>>,
    scale: Option<Scale<'a>>,
    writer: Writer,
}

fn is_cluster(object: &Body<'_>) -> bool {
    matches!(object.known_kind(), Some(Kind::Cluster | Kind::ShardedCluster))
}
