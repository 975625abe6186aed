//! `validate` on 10,000 documents: in one text, from bytes to findings, on one core and on all.
//!
//! What a whole command takes, files and start-up included, is measured as docs/performance.md says.

use divan::{Bencher, counter::ItemsCount};
use syncguard::{
    files::{Selection, find},
    parallel::in_order,
};
use syncguard_core::policy::Policy;
use syncguard_lint::{Judge, KnownObjects, pieces::Pieces, rewrite, source::Source};

fn main() {
    divan::main();
}

const DOCUMENTS: usize = 10_000;

/// Sound clusters of the size of the documentation's example.
fn text() -> String {
    let document = |number: usize| {
        format!(
            "---
apiVersion: stackgres.io/v1
kind: SGCluster
metadata:
  name: cluster-{number:05}
  namespace: team-{}
spec:
  instances: 3
  sgInstanceProfile: size-s
  postgres:
    version: '17.6'
  pods:
    persistentVolume:
      size: 10Gi
  configurations:
    sgPoolingConfig: poolconfig1
    backups:
      - sgObjectStorage: backups
        cronSchedule: '0 5 * * *'
  replication:
    mode: strict-sync-all
    role: ha-read
    syncInstances: 2
",
            number % 97
        )
    };
    (0..DOCUMENTS).map(document).collect()
}

fn source() -> Source {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let selection = Selection { paths: vec![manifest.into()], ..Selection::default() };
    find(&selection)
        .into_iter()
        .flat_map(|found| found.sources)
        .next()
        .unwrap_or_else(|| unreachable!("Cargo.toml can be read"))
}

#[divan::bench(args = ["one core", "all cores"], sample_count = 10)]
fn validate(bencher: Bencher, cores: &str) {
    let (text, source, policy, known) = (text(), source(), Policy::default(), KnownObjects::default());
    let judge = Judge { policy: &policy, known: &known, inline_ignores: true, with_excerpts: true };
    bencher.counter(ItemsCount::new(DOCUMENTS)).bench_local(|| {
        let pieces = Pieces::new(text.as_bytes()).flatten();
        let mut clusters = 0;
        if cores == "one core" {
            clusters = pieces.map(|piece| judge.piece(&source, &piece).summary.clusters).sum();
        } else {
            in_order(
                pieces,
                |piece| judge.piece(&source, &piece),
                |judged| clusters += judged.summary.clusters,
            );
        }
        assert_eq!(clusters, DOCUMENTS);
    });
}

/// A List of clusters, each with a mode that is misspelt.
fn list(items: usize) -> String {
    let item = |number: usize| {
        format!(
            r#"{{"apiVersion":"stackgres.io/v1","kind":"SGCluster","metadata":{{"name":"c{number}"}},"spec":{{"instances":3,"replication":{{"mode":"strict_sync_all","role":"ha-read"}}}}}}"#
        )
    };
    let items: Vec<_> = (0..items).map(item).collect();
    format!(r#"{{"apiVersion":"v1","kind":"List","items":[{}]}}"#, items.join(",\n"))
}

/// What `--fix` and `--diff` do with one document of many objects.
#[divan::bench(args = [5_000, 10_000, 20_000], sample_count = 3)]
fn fix_a_list(bencher: Bencher, items: usize) {
    let (text, policy, known) = (list(items), Policy::default(), KnownObjects::default());
    let judge = Judge { policy: &policy, known: &known, inline_ignores: true, with_excerpts: false };
    bencher.counter(ItemsCount::new(items)).bench_local(|| {
        let fixed =
            rewrite(text.as_bytes(), |text, document, subjects| judge.suggestions(text, document, subjects));
        assert!(fixed.edits >= items && fixed.failures.is_empty());
        fixed.apply(text.as_bytes())
    });
}
