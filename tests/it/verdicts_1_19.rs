//! Parity with the operator of StackGres 1.19, whose code was run on each of these objects: what it denies is an error at a
//! field at fault, what it allows is none of a rule that says that the operator denies it, and the clusters that it makes of a sharded one are
//! those that we judge.

use serde::Deserialize;
use serde_json::Value;
use syncguard_core::{
    cluster::{Child, Cluster, Part, Range, Sharded, no_postgres_configs},
    policy::Policy,
    replication::Mode,
    review::{self, Origin, Request},
    rule::{Finding, Related, Severity},
    view::{Body, Kind, Object},
};

/// One object, and what the operator's code said of it.
#[derive(Deserialize)]
struct Case {
    name: String,
    object: Value,
    /// The stored object, of an update.
    old: Option<Value>,
    verdict: String,
    /// The fields at fault; none where it does not say.
    #[serde(default)]
    fields: Vec<String>,
    reason: Option<String>,
    /// What the custom resource definition refuses, before any webhook.
    schema: Option<Vec<String>>,
    /// The SGClusters that the operator makes of it.
    #[serde(default)]
    children: Vec<Made>,
}

#[derive(Deserialize)]
struct Made {
    name: String,
    instances: i64,
    replication: Value,
    verdict: String,
}

impl Case {
    /// Whether the denial is about something else than replication: types of sharding, profiles, versions and names.
    fn is_about_something_else(&self) -> bool {
        let foreign = ["spec.type", "sgInstanceProfile", "shardingSphere"];
        let is_foreign = |field: &String| foreign.iter().any(|end| field.ends_with(end));
        self.fields.iter().any(is_foreign)
            || matches!(
                self.reason.as_deref(),
                Some("forbidden-configuration-update" | "exception in mutate")
            )
    }

    /// Where the webhook, or the schema before it, finds fault; none where it does not say.
    fn fields_at_fault(&self) -> Vec<&str> {
        let of_schema = self.schema.iter().flatten().filter_map(|said| said.split_once(": "));
        let webhooks = self.fields.iter().map(String::as_str);
        let schemas = of_schema.map(|(path, _)| path).filter(|_| !self.fields.is_empty());
        webhooks.chain(schemas).collect()
    }

    fn is_denied(&self) -> bool {
        self.verdict == "deny" || self.schema.is_some()
    }
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../fixtures/operator-verdicts-1.19.json")).unwrap()
}

fn view(object: &Value) -> Body<'_> {
    Object::deserialize(object).unwrap().get().cloned().unwrap()
}

/// The errors of an object as the webhook finds them after completion. The operator does not ratchet, so an update is judged
/// as if it were new, except by rules that the stored object excuses.
fn errors<T>(case: &Case, see: impl Fn(&[Finding<'_>]) -> T) -> T {
    let before = case.old.as_ref().map(view);
    let mut body = view(&case.object);
    let mut policy = Policy::default();
    policy.set_stackgres_version("1.19").unwrap();
    review::complete(&mut body, before.as_ref(), &policy, || false);
    let judge = |before| {
        let request = Request { before, ..Request::new(&body, Origin::Admission) };
        review::judge(&request, &policy)
    };
    let excused = |finding: &Finding<'_>| {
        let known = judge(before.as_ref());
        before.is_some() && !known.iter().any(|it| (it.rule.id, &it.path) == (finding.rule.id, &finding.path))
    };
    let mut findings = judge(None);
    findings.retain(|finding| finding.severity == Severity::Error && !excused(finding));
    see(&findings)
}

/// The places of a finding: its own, and the other value of the comparison; the operator names `workers` what it has moved
/// from `shards`.
fn places(finding: &Finding<'_>) -> Vec<String> {
    let other = match &finding.related {
        Some(Related::Here { place, .. }) => Some(place.path().to_string()),
        _ => None,
    };
    let both = [finding.path.to_string()].into_iter().chain(other);
    both.flat_map(|path| [path.replacen("spec.shards.", "spec.workers.", 1), path]).collect()
}

#[test]
fn what_the_operator_denies_is_an_error_at_a_field_at_fault() {
    let denied = |case: &&Case| case.verdict == "deny" && !case.is_about_something_else();
    let missed = |case: &Case| {
        errors(case, |errors| {
            let fields = case.fields_at_fault();
            let hit =
                errors.iter().flat_map(places).any(|place| fields.is_empty() || fields.contains(&&*place));
            (!hit).then(|| format!("{} is denied for {fields:?}; our errors: {errors:?}", case.name))
        })
    };
    let missed: Vec<_> = cases().iter().filter(denied).filter_map(missed).collect();
    assert!(missed.is_empty(), "what the operator denies:\n{}", missed.join("\n"));
}

#[test]
fn where_the_operator_allows_an_error_is_one_that_it_does_not_know() {
    for case in cases().iter().filter(|case| !case.is_denied()) {
        errors(case, |errors| {
            let known: Vec<_> = errors.iter().filter(|error| error.rule.operator_denies).collect();
            assert!(known.is_empty(), "{}: the operator allows it; our errors: {known:?}", case.name);
        });
    }
}

/// The part that an SGCluster of a sharded cluster is made of.
fn part_of(sharded: &Sharded<'_>, name: &str) -> Option<Part> {
    if name == sharded.coordinator_name() {
        return Some(Part::Coordinator);
    }
    let numbered = |child| {
        let number: i64 = name.strip_prefix(&sharded.name_template(child))?.parse().ok()?;
        let owner = sharded.owners(child).of_range(Range { first: number, last: number }).0.next();
        Some(owner.map_or(Part::Plain(child), |position| Part::Override(child, position)))
    };
    Child::ALL.into_iter().find_map(numbered)
}

fn part<'s, 'a>(sharded: &'s Sharded<'a>, case: &Case, name: &str) -> &'s Cluster<'a> {
    let found = part_of(sharded, name).and_then(|part| sharded.parts().iter().find(|it| it.part == part));
    found
        .filter(|it| it.exists)
        .unwrap_or_else(|| panic!("{}: the operator makes {name}, we do not", case.name))
}

#[test]
fn the_clusters_of_a_sharded_one_are_those_that_the_operator_makes() {
    for case in cases().iter().filter(|case| !case.children.is_empty()) {
        let body = view(&case.object);
        assert_eq!(body.known_kind(), Some(Kind::ShardedCluster), "{}", case.name);
        let sharded = Sharded::of(&body, &no_postgres_configs);
        for made in &case.children {
            let part = part(&sharded, case, &made.name);
            let (mode, name) = (part.mode().map(Mode::name), &made.name);
            assert_eq!(part.instances(), Some(made.instances), "{}: the instances of {name}", case.name);
            assert_eq!(mode, made.replication["mode"].as_str(), "{}: the mode of {name}", case.name);
            let count = part.written_sync_instances();
            assert_eq!(
                count,
                made.replication["syncInstances"].as_i64(),
                "{}: syncInstances of {name}",
                case.name
            );
        }
    }
}

#[test]
fn a_cluster_that_the_operator_makes_and_then_refuses_is_an_error_at_its_parent() {
    for case in cases().iter().filter(|case| case.children.iter().any(|made| made.verdict == "deny")) {
        errors(case, |errors| {
            let told = errors.iter().any(|error| error.rule.id == "sharded-child-refused");
            assert!(told, "{}: the operator refuses a cluster of it; our errors: {errors:?}", case.name);
        });
    }
}
